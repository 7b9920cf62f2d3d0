using System.Globalization;
using System.Text;
using InstructDiffusion.Server.Load.Measuring;
using InstructDiffusion.Server.Load.Sending;
using InstructDiffusion.Server.Load.Traffic;

namespace InstructDiffusion.Server.Load.Reports;

/// <summary>A run as a Markdown page: what was offered, what was achieved, how long it took, what was answered.</summary>
internal static class LoadReport
{
    private const string Nothing = "–";

    /// <summary>Writes it.</summary>
    /// <param name="title">What was run against what.</param>
    /// <param name="profile">What was asked for.</param>
    /// <param name="outcomes">What became of it.</param>
    /// <param name="figures">The server's figures, before and after.</param>
    /// <param name="memory">The server's memory in MiB over the run, in order.</param>
    /// <param name="machine">Where it was taken, as the lines of a list.</param>
    public static string Write(
        string title,
        TrafficProfile profile,
        IReadOnlyList<RequestOutcome> outcomes,
        (ServerFigures Before, ServerFigures After) figures,
        IReadOnlyList<double> memory,
        string machine
    )
    {
        var page = new StringBuilder();
        page.Append($"# {title}\n\n").Append(machine);
        page.Append($"- {Traffic(profile)}\n");
        page.Append($"- The generator sent {Time(Largest(outcomes, o => o.Lag))} late at worst\n");
        page.Append($"- Rows a step: {Number(figures.After.RowsPerStepSince(figures.Before))}");
        page.Append($"; edits against their prediction: {Prediction(figures.After)}\n");
        page.Append($"- The server's memory: {Memory(memory)}\n\n");
        page.Append("## By phase\n\n").Append(TableHead("phase"));
        foreach (var phase in outcomes.GroupBy(outcome => outcome.Request.Phase).OrderBy(group => group.Key))
        {
            LoadPhase planned = profile.Phases[phase.Key];
            string name = $"{phase.Key + 1}: {Number(planned.PerSecond)} a second for {Number(planned.Seconds)} s";
            page.Append(Row(name, [.. phase], planned.Seconds));
        }
        if (profile.Callers.Count > 1)
        {
            double seconds = profile.Phases.Sum(phase => phase.Seconds);
            page.Append("\n## By caller\n\n").Append(TableHead("caller"));
            foreach (var caller in outcomes.GroupBy(outcome => outcome.Request.Caller).OrderBy(group => group.Key))
            {
                string name = $"{caller.Key + 1} (share {Number(profile.Callers[caller.Key].Share)})";
                page.Append(Row(name, [.. caller], seconds));
            }
        }
        page.Append("\n## Answers\n\n| answer | requests | median ms | p99 ms |\n| --- | --: | --: | --: |\n");
        foreach (var answer in outcomes.GroupBy(AnswerOf).OrderByDescending(group => group.Count()))
        {
            LatencyHistogram times = HistogramOf(answer, outcome => outcome.Latency);
            page.Append(
                $"| {answer.Key} | {answer.Count()} | {Ms(times.Quantile(0.5))} | {Ms(times.Quantile(0.99))} |\n"
            );
        }
        int returns = outcomes.Sum(outcome => outcome.Returns);
        if (returns > 0)
        {
            int taken = outcomes.Sum(outcome => outcome.TakenOnReturn);
            page.Append(
                $"\nOf {returns} returns after `Retry-After`, {taken} were taken ({100.0 * taken / returns:0.0} %).\n"
            );
        }
        return page.ToString();
    }

    private static string TableHead(string first) =>
        $"| {first} | offered a second | served a second | served | refused | other | left | p50 s | p95 s | p99 s | p99.9 s | longest s |\n"
        + "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n";

    private static string Row(string name, IReadOnlyList<RequestOutcome> outcomes, double seconds)
    {
        RequestOutcome[] served = [.. outcomes.Where(outcome => outcome.IsServed)];
        int refused = outcomes.Count(outcome => outcome.IsRefused);
        int left = outcomes.Count(outcome => outcome.HasLeft && !outcome.IsRefused);
        int other = outcomes.Count - served.Length - refused - left;
        LatencyHistogram times = HistogramOf(served, outcome => outcome.Latency);
        // Served over the time until the last of them was done: a backlog counts when it is worked off.
        double span = Math.Max(seconds, served.Select(EndOf).DefaultIfEmpty().Max() - outcomes.Min(BeginOf));
        return $"| {name} | {Number(outcomes.Count / seconds)} | {Number(served.Length / span)} | {served.Length} | {refused} | {other} | {left} "
            + $"| {Seconds(times.Quantile(0.5))} | {Seconds(times.Quantile(0.95))} | {Seconds(times.Quantile(0.99))} "
            + $"| {Seconds(times.Quantile(0.999))} | {(times.Count == 0 ? Nothing : Seconds(times.Longest))} |\n";
    }

    private static string AnswerOf(RequestOutcome outcome) =>
        outcome switch
        {
            { HasLeft: true, Status: 0 } => "none: the client left",
            { Status: 0 } => $"none: {outcome.Failure}",
            { Code: { } code } => $"{outcome.Status} {code}",
            _ => outcome.Status.ToString(CultureInfo.InvariantCulture),
        };

    private static LatencyHistogram HistogramOf(
        IEnumerable<RequestOutcome> outcomes,
        Func<RequestOutcome, TimeSpan> time
    )
    {
        var histogram = new LatencyHistogram();
        foreach (RequestOutcome outcome in outcomes)
        {
            histogram.Add(time(outcome));
        }
        return histogram;
    }

    private static string Traffic(TrafficProfile profile) =>
        $"Seed {profile.Seed}; {profile.Steps.Least} to {profile.Steps.Most} steps; size {string.Join(", ", profile.Sizes)}; "
        + $"scales {string.Join(", ", profile.Scales.Select(scales => $"{Number(scales.Text)}/{Number(scales.Image)}"))}; "
        + $"{100 * profile.Leaving:0} % leave; deadline {(profile.DeadlineMs is { } ms ? $"{ms} ms" : "none")}";

    private static string Prediction(ServerFigures figures) =>
        figures.Prediction is { } ratio
            ? $"p5 {Number(ratio.P5)}, p50 {Number(ratio.P50)}, p95 {Number(ratio.P95)}"
            : "unknown";

    // The first quarter is for what a server grows to and keeps: compiled code, connections, buffers.
    private static string Memory(IReadOnlyList<double> memory)
    {
        if (memory.Count == 0)
        {
            return "unknown";
        }
        double[] settled = [.. memory.Skip(memory.Count / 4)];
        return $"{memory[0]:0} MiB at first; between {settled.Min():0} and {settled.Max():0} MiB after the first quarter, {settled[^1]:0} at the end";
    }

    private static TimeSpan Largest(IEnumerable<RequestOutcome> outcomes, Func<RequestOutcome, TimeSpan> time) =>
        outcomes.Select(time).DefaultIfEmpty().Max();

    private static double BeginOf(RequestOutcome outcome) => outcome.Request.At.TotalSeconds;

    private static double EndOf(RequestOutcome outcome) => (outcome.Request.At + outcome.Latency).TotalSeconds;

    private static string Time(TimeSpan time) => $"{time.TotalMilliseconds:0.0} ms";

    private static string Seconds(TimeSpan? time) => time is { } value ? $"{value.TotalSeconds:0.000}" : Nothing;

    private static string Ms(TimeSpan? time) => time is { } value ? $"{value.TotalMilliseconds:0.0}" : Nothing;

    private static string Number(double? value) => value?.ToString("0.##", CultureInfo.InvariantCulture) ?? Nothing;
}
