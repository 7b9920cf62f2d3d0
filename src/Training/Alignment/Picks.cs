using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Alignment;

/// <summary>What everyone chose, ready to train on: <c>picks.json</c>. Paths are relative to the file.</summary>
internal sealed record Picks
{
    /// <summary>The format's version.</summary>
    public const int CurrentVersion = 1;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public required int Version { get; init; }

    /// <summary>Who painted the candidates.</summary>
    public required CandidateModel Model { get; init; }

    /// <summary>Who chose, in the order that <see cref="PickedPicture.By"/> counts.</summary>
    public required IReadOnlyList<PickerSummary> Pickers { get; init; }

    /// <summary>Items of which something was chosen.</summary>
    public required IReadOnlyList<PickedItem> Items { get; init; }
}

/// <summary>One picker and how much of the work was theirs.</summary>
internal sealed record PickerSummary
{
    /// <summary>A person or a program.</summary>
    [JsonPropertyName("picker")]
    public required PickerKind Kind { get; init; }

    /// <summary>The person's name.</summary>
    public string? Name { get; init; }

    /// <summary>What a program measured.</summary>
    public string? Metric { get; init; }

    /// <summary>By how much it wanted the untouched source beaten.</summary>
    public double? Margin { get; init; }

    /// <summary>Items answered, and taken into account here.</summary>
    public required int Answered { get; init; }

    /// <summary>Those of them to which the answer was that none is good.</summary>
    public required int NoneGood { get; init; }
}

/// <summary>A source and the pictures that were chosen for it.</summary>
internal sealed record PickedItem
{
    /// <summary>The item.</summary>
    public required string Id { get; init; }

    /// <summary>The source's path.</summary>
    public required string Source { get; init; }

    /// <summary>SHA-256 of the source's file.</summary>
    public required string SourceSha256 { get; init; }

    /// <summary>What was to be done.</summary>
    public required string Instruction { get; init; }

    /// <summary>Kind of task.</summary>
    public required string Task { get; init; }

    /// <summary>The chosen pictures, at least one.</summary>
    public required IReadOnlyList<PickedPicture> Chosen { get; init; }

    /// <summary>What an automatic picker measured of the untouched source.</summary>
    public double? ScoreOfDoingNothing { get; init; }
}

/// <summary>A chosen picture.</summary>
internal sealed record PickedPicture
{
    /// <summary>Its path.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 of its file.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The text guidance scale it was painted with.</summary>
    [JsonPropertyName("s_T")]
    public required double TextScale { get; init; }

    /// <summary>The image guidance scale.</summary>
    [JsonPropertyName("s_I")]
    public required double ImageScale { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Who chose it: places in <see cref="Picks.Pickers"/>.</summary>
    public required IReadOnlyList<int> By { get; init; }

    /// <summary>What an automatic picker measured of it.</summary>
    public double? Score { get; init; }
}
