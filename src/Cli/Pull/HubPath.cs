namespace InstructDiffusion.Cli.Pull;

/// <summary>File names come from a stranger's server: only plain relative paths may become files.</summary>
internal static class HubPath
{
    /// <summary>Suffix of a file still being downloaded.</summary>
    public const string PartSuffix = ".part";

    /// <summary>Suffix of what is known about a file still being downloaded.</summary>
    public const string PartStateSuffix = ".part.json";

    private const int MaxPathLength = 1024;
    private const int MaxSegmentLength = 200;

    /// <exception cref="HubException">The path leaves the model's folder or could not be a file on some system.</exception>
    public static string Require(string path)
    {
        if (FindFault(path) is { } fault)
        {
            throw new HubException($"The hub lists a file whose name is refused ({fault}): '{Printable(path)}'");
        }
        return path;
    }

    /// <summary>Where the file lies under <paramref name="folder"/>.</summary>
    public static string LocalPath(string folder, string path) => Path.Combine([folder, .. Require(path).Split('/')]);

    /// <summary>Text from the hub made safe for a terminal: control characters replaced, length capped.</summary>
    public static string Printable(string text)
    {
        const int max = 200;
        string shown = text.Length > max ? text[..max] + "…" : text;
        return string.Create(
            shown.Length,
            shown,
            static (span, source) =>
            {
                for (int i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsControl(source[i]) ? '?' : source[i];
                }
            }
        );
    }

    private static string? FindFault(string path)
    {
        if (path.Length is 0 or > MaxPathLength)
        {
            return "empty or too long";
        }
        // Backslash and colon mean folders, drives and streams on Windows; the rest is illegal there.
        if (path.Any(static c => char.IsControl(c) || c is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|'))
        {
            return "illegal character";
        }
        foreach (string segment in path.Split('/'))
        {
            if (segment is "" or "." or "..")
            {
                return "not a plain relative path";
            }
            if (segment.Length > MaxSegmentLength || segment[^1] is '.' or ' ')
            {
                return "illegal name";
            }
        }
        bool isOurs =
            path.EndsWith(PartSuffix, StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(PartStateSuffix, StringComparison.OrdinalIgnoreCase)
            || path.Equals(PullManifest.FileName, StringComparison.OrdinalIgnoreCase);
        return isOurs ? "reserved for downloads" : null;
    }
}
