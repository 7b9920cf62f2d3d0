using InstructDiffusion.Engine.Benchmarks.Measuring;
using InstructDiffusion.Engine.Benchmarks.Reports;

namespace InstructDiffusion.Engine.Tests.Benchmarks;

public sealed class ResultsReportTests
{
    private static readonly Measurement Ceiling = new()
    {
        Name = "matmul",
        Seconds = [0.1, 0.125],
        Flops = 10_000_000_000,
    };

    private static readonly MachineDescription Machine = new()
    {
        Processor = "Abacus 3000",
        Cores = 2,
        MemoryBytes = 24L << 30,
        System = "Linux",
        Runtime = ".NET",
        Threads = 2,
        Commit = "abcdef",
        Taken = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    [Fact]
    public void Write_Computation_HasMedianRatesAndShareOfTheCeiling()
    {
        var step = new Measurement
        {
            Name = "UNet step",
            Seconds = [2, 4, 6, 20],
            Flops = 100_000_000_000,
            PeakMemory = 3L << 29,
        };

        Assert.Contains(
            "| UNet step | 4 | 5.000 | 2.000 | 20.000 | 100.00 | 20.0 | 50.0 | 50 % | 1.50 |\n",
            Report(step),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Write_Load_HasBytesAndNoArithmetic()
    {
        var load = new Measurement
        {
            Name = "Model load",
            Seconds = [1, 2, 3],
            Bytes = 4_000_000_000,
            PeakMemory = 4L << 30,
        };

        Assert.Contains(
            "| Model load (4.00 GB, 2.00 GB/s) | 3 | 2.000 | 1.000 | 3.000 | – | – | – | – | 4.00 |\n",
            Report(load),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Write_Head_SaysWhereAndWhen()
    {
        string report = Report();

        Assert.StartsWith(
            "# tiny\n\n- Taken 2026-01-02 03:04 UTC at commit abcdef\n",
            report,
            StringComparison.Ordinal
        );
        Assert.Contains("- Abacus 3000, 2 cores, 24.00 GiB; Linux\n", report, StringComparison.Ordinal);
        Assert.Contains("Load average 0.5 at the start, unknown at the end", report, StringComparison.Ordinal);
        Assert.Contains("- Ceiling, matmul: 100.0 best, 88.9 median GFLOP/s\n", report, StringComparison.Ordinal);
    }

    private static string Report(params Measurement[] rows) =>
        ResultsReport.Write("tiny", Machine, (0.5, null), Ceiling, rows);
}
