using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Data.General;

/// <summary>A line of a JSONL file of triples, or the JSON beside a pair in a tar shard.</summary>
internal sealed record TripleRecord
{
    /// <summary>File of the picture before.</summary>
    public string? Source { get; init; }

    /// <summary>File of the picture after.</summary>
    public string? Target { get; init; }

    /// <summary>What to do.</summary>
    public string? Instruction { get; init; }

    /// <summary>The same in several wordings.</summary>
    public IReadOnlyList<string?>? Instructions { get; init; }

    /// <summary>Kind of task; editing where it is missing.</summary>
    public string? Task { get; init; }

    /// <summary>All wordings.</summary>
    [JsonIgnore]
    public IEnumerable<string?> Wordings => (Instructions ?? []).Append(Instruction);
}
