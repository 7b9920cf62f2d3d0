namespace InstructDiffusion.Training.Alignment;

/// <summary>What a folder of candidates is made of: <c>items.json</c>, written before the first of them.</summary>
internal sealed record CandidatePlan
{
    /// <summary>The format's version.</summary>
    public const int CurrentVersion = 1;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public required int Version { get; init; }

    /// <summary>Who paints them.</summary>
    public required CandidateModel Model { get; init; }

    /// <summary>How.</summary>
    public required CandidateGrid Grid { get; init; }

    /// <summary>The items in the order in which they are shown; those without a folder are not made yet.</summary>
    public required IReadOnlyList<string> Items { get; init; }
}

/// <summary>The model that painted candidates.</summary>
/// <param name="Name">Its short name.</param>
/// <param name="Sha256">Of its files, see <see cref="ModelDigest"/>.</param>
internal sealed record CandidateModel(string Name, string Sha256);
