using System.Text.RegularExpressions;

namespace InstructDiffusion.Engine.Weights.Files;

/// <summary>
/// Finds the parts of a download that was split as <c>split</c> does: <c>model.ckpt_aa</c>, <c>model.ckpt_ab</c>, …, as the
/// authors distribute their checkpoints in six parts.
/// </summary>
internal static partial class SplitFile
{
    /// <summary>
    /// The parts in order, given any of them or the name without suffix; empty where the path names no split file.
    /// </summary>
    /// <exception cref="CheckpointFormatException">A part between the others is missing.</exception>
    public static IReadOnlyList<string> FindParts(string path)
    {
        var stem = Part().Match(path) is { Success: true } match ? match.Groups["stem"].Value : path;
        if (!string.Equals(stem, path, StringComparison.Ordinal) && !File.Exists(stem + "_aa"))
        {
            return []; // a file that merely ends like a part
        }
        if (string.Equals(stem, path, StringComparison.Ordinal) && File.Exists(path))
        {
            return []; // the joined file is there
        }
        var folder = Path.GetDirectoryName(Path.GetFullPath(stem));
        if (!Directory.Exists(folder))
        {
            return [];
        }
        var parts = Directory
            .EnumerateFiles(folder, Path.GetFileName(stem) + "_??")
            .Where(file => Part().IsMatch(file))
            .Order(StringComparer.Ordinal)
            .ToList();
        for (var i = 0; i < parts.Count; i++)
        {
            var suffix = $"_{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}";
            if (!parts[i].EndsWith(suffix, StringComparison.Ordinal))
            {
                throw new CheckpointFormatException(stem, $"part {suffix} is missing among its {parts.Count} parts");
            }
        }
        return parts;
    }

    [GeneratedRegex("^(?<stem>.+)_[a-z]{2}$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex Part();
}
