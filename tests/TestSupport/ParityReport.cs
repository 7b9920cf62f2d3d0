using System.Globalization;

namespace InstructDiffusion.TestSupport;

/// <summary>After all tests of a project, appends the worst error of every case beside its tolerance to the report that eng/parity asks for.</summary>
public sealed class ParityReport : IDisposable
{
    /// <summary>Environment variable with the report's path; unset, no report is written.</summary>
    public const string PathVariable = "INSTRUCTDIFFUSION_PARITY_REPORT";

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is not { Length: > 0 } path)
        {
            return;
        }
        using var report = new StreamWriter(path, append: true);
        foreach (
            IGrouping<string, Comparison> group in Fixture
                .Comparisons.GroupBy(comparison => comparison.Name, StringComparer.Ordinal)
                .Where(group => !group.Key.StartsWith("self-test/", StringComparison.Ordinal))
                .OrderBy(group => group.Key, StringComparer.Ordinal)
        )
        {
            Comparison worst = group
                .OrderByDescending(c => double.IsNaN(c.WorstError) ? double.MaxValue : c.WorstError)
                .First();
            string verdict = worst.Passed ? "" : "  FAILED";
            report.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{worst.Name, -72} {worst.WorstError, 12:g3} {worst.Tolerance, 10:g3}{verdict}"
                )
            );
        }
    }
}
