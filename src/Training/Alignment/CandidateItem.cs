using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Alignment;

/// <summary>One finished item: <c>candidates/ID/item.json</c>, beside its pictures.</summary>
internal sealed record CandidateItem
{
    /// <summary>Its name and that of its folder.</summary>
    public required string Id { get; init; }

    /// <summary>What was to be done.</summary>
    public required string Instruction { get; init; }

    /// <summary>Kind of task.</summary>
    public required string Task { get; init; }

    /// <summary>True when the right answer lies beside as target.png.</summary>
    public required bool HasTarget { get; init; }

    /// <summary>The pictures, at least one.</summary>
    public required IReadOnlyList<Candidate> Candidates { get; init; }
}

/// <summary>One candidate and how it was painted.</summary>
internal sealed record Candidate
{
    /// <summary>File name in the item's folder.</summary>
    public required string File { get; init; }

    /// <summary>s_T.</summary>
    [JsonPropertyName("s_T")]
    public required double TextScale { get; init; }

    /// <summary>s_I.</summary>
    [JsonPropertyName("s_I")]
    public required double ImageScale { get; init; }

    /// <summary>Seed of its noise.</summary>
    public required long Seed { get; init; }
}
