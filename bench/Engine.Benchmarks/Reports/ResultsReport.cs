using System.Text;
using InstructDiffusion.Engine.Benchmarks.Measuring;

namespace InstructDiffusion.Engine.Benchmarks.Reports;

/// <summary>Measurements as a Markdown page: where they were taken, the ceiling, one row for each.</summary>
internal static class ResultsReport
{
    private const string Nothing = "–";

    /// <param name="model">What was measured.</param>
    /// <param name="machine">Where.</param>
    /// <param name="loadAverages">At the start and at the end; null where unknown.</param>
    /// <param name="ceiling">The matrix product that rates are compared with.</param>
    /// <param name="measurements">One row each.</param>
    public static string Write(
        string model,
        MachineDescription machine,
        (double? Start, double? End) loadAverages,
        Measurement ceiling,
        IReadOnlyList<Measurement> measurements
    )
    {
        var page = new StringBuilder();
        page.Append(Head(model, machine, loadAverages, ceiling));
        page.Append(
            "| operation | runs | median s | best s | worst s | GFLOP | GFLOP/s median | GFLOP/s best | best of ceiling's best | peak GiB |\n"
        );
        page.Append("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
        foreach (Measurement row in measurements)
        {
            page.Append(Row(row, ceiling));
        }
        return page.ToString();
    }

    /// <summary>What is measured, where and when, and the ceiling: the lines above a table.</summary>
    public static string Head(
        string model,
        MachineDescription machine,
        (double? Start, double? End) loadAverages,
        Measurement ceiling
    )
    {
        var page = new StringBuilder();
        page.Append($"# {model}\n\n");
        page.Append($"- Taken {machine.Taken:yyyy-MM-dd HH:mm} UTC at commit {machine.Commit}\n");
        page.Append(
            $"- {machine.Processor}, {machine.Cores} cores, {Gibibytes(machine.MemoryBytes)} GiB; {machine.System}\n"
        );
        page.Append($"- {machine.Runtime}, {machine.Threads} threads\n");
        page.Append($"- Load average {Load(loadAverages.Start)} at the start, {Load(loadAverages.End)} at the end");
        page.Append($" (on a quiet machine: up to {machine.Threads} at the end, from this program)\n");
        page.Append(
            $"- Ceiling, {ceiling.Name}: {Rate(ceiling, ceiling.Best)} best, {Rate(ceiling, ceiling.Median)} median GFLOP/s\n\n"
        );
        return page.ToString();
    }

    /// <summary>Bytes in GiB, with two decimals.</summary>
    public static string Gibibytes(long bytes) => $"{bytes / (double)(1L << 30):0.00}";

    private static string Row(Measurement row, Measurement ceiling)
    {
        string name = row.Bytes is { } bytes
            ? $"{row.Name} ({bytes / 1e9:0.00} GB, {bytes / 1e9 / row.Median:0.00} GB/s)"
            : row.Name;
        string share = row.Flops is null
            ? Nothing
            : $"{100 * RateOf(row, row.Best) / RateOf(ceiling, ceiling.Best):0} %";
        return $"| {name} | {row.Seconds.Count} | {row.Median:0.000} | {row.Best:0.000} | {row.Worst:0.000} "
            + $"| {(row.Flops is { } flops ? $"{flops / 1e9:0.00}" : Nothing)} | {Rate(row, row.Median)} | {Rate(row, row.Best)} "
            + $"| {share} | {Gibibytes(row.PeakMemory)} |\n";
    }

    private static string Rate(Measurement row, double seconds) =>
        row.Flops is null ? Nothing : $"{RateOf(row, seconds):0.0}";

    private static double RateOf(Measurement row, double seconds) => row.Flops!.Value / 1e9 / seconds;

    private static string Load(double? average) => average is { } value ? $"{value:0.0}" : "unknown";
}
