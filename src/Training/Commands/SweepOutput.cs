using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary>Where a sweep's findings go: the best of each task or part to the terminal, all of them into a folder.</summary>
internal static class SweepOutput
{
    /// <summary>Writes them.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="output">The terminal.</param>
    /// <param name="folder">For the reports; null for none.</param>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public static void Write(SweepReport report, TextWriter output, string? folder)
    {
        output.Write(SweepText.Header);
        foreach (SweepSection section in report.Sections)
        {
            output.Write(SweepText.RowsOf(section));
        }
        if (folder is not null)
        {
            var reports = new ReportFolder(folder);
            reports.Write(report, SweepText.Page(report));
            output.WriteLine(reports.TextPath);
        }
    }
}
