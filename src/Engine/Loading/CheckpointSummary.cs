using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Engine.Loading;

/// <summary>What a checkpoint is, found without reading its weights.</summary>
public sealed record CheckpointSummary
{
    /// <summary>The file or folder.</summary>
    public required string Path { get; init; }

    /// <summary>How it is laid out.</summary>
    public required CheckpointLayout Layout { get; init; }

    /// <summary>The networks that are there.</summary>
    public required IReadOnlyList<ComponentSummary> Components { get; init; }

    /// <summary>Channels that the UNet takes: 4 text to image, 8 editing, 9 inpainting; null without UNet.</summary>
    public long? UNetInChannels { get; init; }

    /// <summary>What those channels make of it.</summary>
    public required string Purpose { get; init; }

    /// <summary>Whether it holds averaged weights, which are preferred.</summary>
    public required bool HasEma { get; init; }

    /// <summary>The guidance family, if the sidecar or the name tells; never the tensors.</summary>
    public GuidanceFamily? GuidanceFamily { get; init; }

    /// <summary>Where the family comes from: <c>sidecar</c>, <c>name</c>; null where it is unknown.</summary>
    public string? GuidanceFamilySource { get; init; }

    /// <summary>Training steps done, if it says.</summary>
    public long? TrainingSteps { get; init; }

    /// <summary>What the file says beside its tensors.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>What became of every tensor.</summary>
    public required KeyReport Keys { get; init; }
}

/// <summary>One network of a checkpoint.</summary>
/// <param name="Component">Which.</param>
/// <param name="Tensors">Number of its tensors.</param>
/// <param name="Parameters">Number of their elements.</param>
/// <param name="Bytes">Their size as stored.</param>
/// <param name="Types">Tensors by element type, as stored.</param>
public sealed record ComponentSummary(
    ModelComponent Component,
    int Tensors,
    long Parameters,
    long Bytes,
    IReadOnlyDictionary<string, int> Types
);
