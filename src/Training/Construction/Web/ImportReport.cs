using System.Text.Json;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Construction.Web;

/// <summary>What became of an import or a fetch, for people and, beside its file, for programs.</summary>
internal static class ImportReport
{
    /// <summary>Prints the counts and writes them to <c>PATH.report.json</c>.</summary>
    /// <param name="path">The file that the work made or worked through.</param>
    /// <param name="summary">The work in one line.</param>
    /// <param name="log">What was left out.</param>
    /// <param name="console">Where to print.</param>
    public static void Write(string path, string summary, RejectionLog log, TextWriter console)
    {
        console.WriteLine(summary);
        foreach (Rejection rejection in Ordered(log.LeftOut))
        {
            console.WriteLine($"  left out {rejection.Count:N0}: {rejection.Reason}");
        }
        foreach (Rejection rejection in Ordered(log.Rejected))
        {
            console.WriteLine($"  rejected {rejection.Count:N0}: {rejection.Reason}, e.g. {rejection.Examples[0]}");
        }
        var report = new Report(summary, [.. Ordered(log.LeftOut)], [.. Ordered(log.Rejected)]);
        File.WriteAllBytes(path + ".report.json", JsonSerializer.SerializeToUtf8Bytes(report, JsonFiles.Strict));
    }

    private static IEnumerable<Rejection> Ordered(IEnumerable<Rejection> rejections) =>
        rejections.OrderByDescending(rejection => rejection.Count).ThenBy(r => r.Reason, StringComparer.Ordinal);

    private sealed record Report(string Summary, IReadOnlyList<Rejection> LeftOut, IReadOnlyList<Rejection> Rejected);
}
