namespace InstructDiffusion.Api.Callers;

/// <summary>What callers may be allowed to do.</summary>
internal static class Scope
{
    /// <summary>Edits and everything that is answered at once.</summary>
    public const string Edit = "edit";

    /// <summary>Jobs: creating them, and one's own.</summary>
    public const string Jobs = "jobs";

    /// <summary>Operating the server.</summary>
    public const string Admin = "admin";

    /// <summary>Reading the metrics.</summary>
    public const string Metrics = "metrics";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Edit, Jobs, Admin, Metrics];

    /// <summary>The names in a text, parted by spaces or commas; none is checked.</summary>
    public static IReadOnlySet<string> Split(string text) =>
        text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ToHashSet(StringComparer.Ordinal);
}
