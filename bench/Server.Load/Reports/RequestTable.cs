using System.Globalization;
using InstructDiffusion.Server.Load.Sending;

namespace InstructDiffusion.Server.Load.Reports;

/// <summary>Every request of a run as a line of comma-separated values.</summary>
internal static class RequestTable
{
    private const string Head =
        "index,phase,caller,planned_ms,lag_ms,steps,size,text_scale,image_scale,status,code,latency_ms,queue_ms,denoise_ms,"
        + "retry_after_s,returns,taken_on_return,left,failure";

    /// <summary>Writes them in the order in which they were sent.</summary>
    public static async Task WriteAsync(string path, IReadOnlyList<RequestOutcome> outcomes)
    {
        await using var file = new StreamWriter(path);
        await file.WriteLineAsync(Head);
        foreach (RequestOutcome outcome in outcomes)
        {
            await file.WriteLineAsync(Line(outcome));
        }
    }

    /// <summary>One line.</summary>
    internal static string Line(RequestOutcome outcome)
    {
        var request = outcome.Request;
        IFormattable?[] numbers =
        [
            request.Index,
            request.Phase,
            request.Caller,
            Ms(request.At),
            Ms(outcome.Lag),
            request.Steps,
        ];
        IFormattable?[] more =
        [
            Ms(outcome.Latency),
            Timing(outcome, "queue"),
            Timing(outcome, "denoise"),
            outcome.RetryAfter?.TotalSeconds,
            outcome.Returns,
            outcome.TakenOnReturn,
        ];
        string[] cells =
        [
            .. numbers.Select(Text),
            request.Size,
            Text(request.TextScale),
            Text(request.ImageScale),
            Text(outcome.Status),
            outcome.Code ?? "",
            .. more.Select(Text),
            outcome.HasLeft ? "true" : "false",
            $"\"{outcome.Failure?.Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        ];
        return string.Join(',', cells);
    }

    private static double Ms(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);

    private static double? Timing(RequestOutcome outcome, string name) =>
        outcome.Timings.TryGetValue(name, out double ms) ? ms : null;

    private static string Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture) ?? "";
}
