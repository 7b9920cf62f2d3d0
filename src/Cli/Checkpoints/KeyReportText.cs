using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Cli.Checkpoints;

/// <summary>What became of a checkpoint's tensors, as lines for people; long lists are cut, the JSON has them whole.</summary>
internal static class KeyReportText
{
    private const int MaxNames = 3;

    public static IEnumerable<string> Lines(KeyReport keys)
    {
        yield return $"tensors: {keys.Mapped.Count} used, {keys.Ignored.Count} ignored, "
            + $"{keys.Unrecognised.Count} unknown, {keys.Missing.Count} missing";
        IEnumerable<IGrouping<string, IgnoredKey>> byReason = keys.Ignored.GroupBy(
            static key => key.Reason,
            StringComparer.Ordinal
        );
        foreach (IGrouping<string, IgnoredKey> group in byReason)
        {
            yield return Line($"ignored, {group.Count()} ({group.Key})", [.. group.Select(static key => key.Name)]);
        }
        if (keys.Unrecognised.Count > 0)
        {
            yield return Line($"unknown, {keys.Unrecognised.Count}", keys.Unrecognised);
        }
        if (keys.Missing.Count > 0)
        {
            yield return Line($"missing, {keys.Missing.Count}", keys.Missing);
        }
    }

    private static string Line(string what, IReadOnlyList<string> names)
    {
        string rest = names.Count > MaxNames ? ", …" : "";
        return $"  {what}: {string.Join(", ", names.Take(MaxNames).Select(Printable))}{rest}";
    }

    /// <summary>Names come from the file: no control characters for the terminal.</summary>
    private static string Printable(string name) => string.Concat(name.Select(static c => char.IsControl(c) ? '?' : c));
}
