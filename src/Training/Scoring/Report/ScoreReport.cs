namespace InstructDiffusion.Training.Scoring.Report;

/// <summary>What scores of pairs look like, and what became of the pairs.</summary>
internal sealed record ScoreReport
{
    /// <summary>The layout this program writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>See <see cref="CurrentVersion"/>.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Fingerprint of the scores.</summary>
    public required string Scores { get; init; }

    /// <summary>Fingerprint of the selection; null where none was made.</summary>
    public string? Selection { get; init; }

    /// <summary>Models that the scores come from: role, name, SHA-256.</summary>
    public required IReadOnlyList<Construction.Shards.ModelNote> Models { get; init; }

    /// <summary>Pairs by their kind.</summary>
    public required IReadOnlyList<KindCount> Kinds { get; init; }

    /// <summary>Pairs left out, by reason, the most frequent first.</summary>
    public required IReadOnlyList<ReasonCount> Reasons { get; init; }

    /// <summary>Every score, by name.</summary>
    public required IReadOnlyList<ScoreFigures> Figures { get; init; }
}

/// <summary>Pairs of a kind.</summary>
internal sealed record KindCount(string Kind, int Pairs, int Kept);

/// <summary>Pairs left out for a reason.</summary>
internal sealed record ReasonCount(string Reason, int Pairs);

/// <summary>A score over all pairs that have it.</summary>
/// <param name="Score">Its name.</param>
/// <param name="Pairs">How many have it.</param>
/// <param name="Mean">Of all.</param>
/// <param name="MeanKept">Of those kept; null where none is.</param>
/// <param name="Quantiles">At 0, 5, 25, 50, 75, 95 and 100 %.</param>
/// <param name="Histogram">How often which values are.</param>
/// <param name="Best">The highest ones (of a gap the smallest), the best first.</param>
/// <param name="Worst">The lowest ones, the worst first.</param>
internal sealed record ScoreFigures(
    string Score,
    int Pairs,
    double Mean,
    double? MeanKept,
    IReadOnlyList<double> Quantiles,
    ScoreHistogram Histogram,
    IReadOnlyList<ExamplePair> Best,
    IReadOnlyList<ExamplePair> Worst
);

/// <summary>A pair that is shown.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Value">Its score.</param>
/// <param name="Instruction">What was asked.</param>
/// <param name="Rejection">Why it is left out; null where it is kept.</param>
internal sealed record ExamplePair(string Id, double Value, string Instruction, string? Rejection)
{
    /// <summary>Number of the pair, for its pictures.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Index { get; init; }
}
