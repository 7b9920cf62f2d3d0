namespace InstructDiffusion.Training.Alignment;

/// <summary>Everything one picker said, as stored in <c>answers/</c>.</summary>
internal sealed record Answers
{
    /// <summary>The format's version.</summary>
    public const int CurrentVersion = 1;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public required int Version { get; init; }

    /// <summary>Who.</summary>
    public required Picker Picker { get; init; }

    /// <summary>One for each item answered so far, sorted by item.</summary>
    public required IReadOnlyList<Answer> Given { get; init; }
}

/// <summary>What one picker said to one item.</summary>
internal sealed record Answer
{
    /// <summary>The item.</summary>
    public required string Item { get; init; }

    /// <summary>The candidates chosen, best first where they were measured; none of them means that none is good.</summary>
    public required IReadOnlyList<string> Chosen { get; init; }

    /// <summary>Of an automatic picker: every candidate's score, more is better.</summary>
    public IReadOnlyDictionary<string, double>? Scores { get; init; }

    /// <summary>Of an automatic picker: the score of the untouched source.</summary>
    public double? ScoreOfDoingNothing { get; init; }
}
