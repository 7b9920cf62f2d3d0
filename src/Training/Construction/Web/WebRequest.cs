namespace InstructDiffusion.Training.Construction.Web;

/// <summary>What somebody asked for, and the answers: a line of the file of requests.</summary>
internal sealed record WebRequest
{
    /// <summary>Of its site: <c>posts/abc123</c>, <c>forum.example.org/…</c>; unique in its file.</summary>
    public required string Id { get; init; }

    /// <summary>Where it can be read.</summary>
    public required string Permalink { get; init; }

    /// <summary>The cleaned title.</summary>
    public required string Instruction { get; init; }

    /// <summary>The title as it was written.</summary>
    public required string Title { get; init; }

    /// <summary>The picture that was to be changed.</summary>
    public required WebPicture Source { get; init; }

    /// <summary>What others made of it, the best first.</summary>
    public required IReadOnlyList<WebPicture> Results { get; init; }
}

/// <summary>A picture somewhere, and whose it is.</summary>
internal sealed record WebPicture
{
    private const int LongestName = 200;

    /// <summary>Where it lies.</summary>
    public required string Url { get; init; }

    /// <summary>Where it was posted.</summary>
    public required string Permalink { get; init; }

    /// <summary>The terms; null where unknown.</summary>
    public string? Licence { get; init; }

    /// <summary>Who posted it; null where unknown.</summary>
    public string? Author { get; init; }

    /// <summary>Votes; 0 where there are none.</summary>
    public long Score { get; init; }

    /// <summary>A name or a licence that strangers wrote, where it is of a plausible length; else null.</summary>
    public static string? Name(string? text) => text?.Trim() is { Length: > 0 and <= LongestName } name ? name : null;
}
