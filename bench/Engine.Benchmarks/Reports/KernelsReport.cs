using System.Text;
using InstructDiffusion.Engine.Benchmarks.Measuring;

namespace InstructDiffusion.Engine.Benchmarks.Reports;

/// <summary>Comparisons of kernels as a Markdown page.</summary>
internal static class KernelsReport
{
    /// <param name="head">What is above the table.</param>
    /// <param name="ceiling">The matrix product that rates are compared with.</param>
    /// <param name="memory">Bytes that each model added to the process.</param>
    /// <param name="rows">One row each.</param>
    public static string Write(
        string head,
        Measurement ceiling,
        (long Plain, long Fast) memory,
        IReadOnlyList<KernelComparison> rows
    )
    {
        var page = new StringBuilder(head);
        page.Append(
            $"Loaded, the plain model takes {ResultsReport.Gibibytes(memory.Plain)} GiB, the fast one "
                + $"{ResultsReport.Gibibytes(memory.Fast)} GiB. Runs of the two take turns.\n\n"
        );
        page.Append(
            "| operation | runs | GFLOP | plain, median s | fast, median s | **ratio of medians** | ratio of best | fast, GFLOP/s of the direct form | of the ceiling | worst difference (σ) |\n"
        );
        page.Append("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
        double best = ceiling.Flops!.Value / ceiling.Best;
        foreach (KernelComparison row in rows)
        {
            double rate = row.Flops / Median(row.Fast);
            page.Append(
                $"| {row.Name} | {row.Fast.Count} | {row.Flops / 1e9:0.0} | {Median(row.Plain):0.000} | {Median(row.Fast):0.000} "
                    + $"| **{Median(row.Plain) / Median(row.Fast):0.00}** | {row.Plain[0] / row.Fast[0]:0.00} | {rate / 1e9:0} "
                    + $"| {100 * rate / best:0} % | {row.WorstError:0.0e+0} |\n"
            );
        }
        return page.ToString();
    }

    private static double Median(IReadOnlyList<double> sorted) =>
        (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
}
