using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>An entry of a PhraseCut file (<c>refer_train.json</c>): a phrase and the instances that it refers to.</summary>
internal sealed record PhraseCutTask
{
    /// <summary>Its own name.</summary>
    public JsonElement TaskId { get; init; }

    /// <summary>The picture.</summary>
    public JsonElement ImageId { get; init; }

    /// <summary>In words, without article, e.g. <c>black shirt</c>.</summary>
    public string? Phrase { get; init; }

    /// <summary>The words' parts.</summary>
    public PhraseStructure? PhraseStructure { get; init; }

    /// <summary>Boxes of the instances: [[x, y, width, height], …].</summary>
    public JsonElement InstanceBoxes { get; init; }

    /// <summary>Outlines: [instance][polygon][[x, y], …].</summary>
    [JsonPropertyName("Polygons")]
    public JsonElement Polygons { get; init; }
}

/// <summary>The parts of a phrase.</summary>
internal sealed record PhraseStructure
{
    /// <summary>The noun.</summary>
    public string? Name { get; init; }
}
