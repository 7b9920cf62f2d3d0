using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Engine.Editing;

/// <summary>What a loaded model is and which values it likes; what clients are told about it.</summary>
public sealed record ModelDescription
{
    /// <summary>Short stable name, e.g. <c>instruct-diffusion</c>; also sent with every picture.</summary>
    public required string Name { get; init; }

    /// <summary>True for the tiny model with random weights that stands in until a trained one is configured: its pictures are noise.</summary>
    public required bool IsUntrainedReference { get; init; }

    /// <summary>How its guidance branches are combined, and so what the scales mean.</summary>
    public required GuidanceFamily Family { get; init; }

    /// <summary>Denoising steps when a request names none.</summary>
    public int DefaultSteps { get; init; } = 50;

    /// <summary>Text guidance scale when a request names none.</summary>
    public double DefaultTextGuidanceScale { get; init; } = 5.0;

    /// <summary>Image guidance scale when a request names none.</summary>
    public double DefaultImageGuidanceScale { get; init; } = 1.25;

    /// <summary>Sampler when a request names none.</summary>
    public SamplerKind DefaultSampler { get; init; } = SamplerKind.Ddim;

    /// <summary>How the canvas follows from a picture's size when a request does not say.</summary>
    public WorkingSizeRule SizeRule { get; init; } = WorkingSizeRule.CommandLine;

    /// <summary>Resolution in pixels that the size rule works with when a request names none.</summary>
    public int DefaultResolution { get; init; } = 512;

    /// <summary>Most denoising steps a request may ask for.</summary>
    public int MaxSteps { get; init; } = EditRequest.MaxSteps;

    /// <summary>The canvas where a request names none.</summary>
    public WorkingSize DefaultWorkingSize => WorkingSize.Of(DefaultResolution, SizeRule);

    /// <summary>The kinds of task it was trained for, with values that work and instructions to try; empty where it is not known.</summary>
    public IReadOnlyList<TaskPreset> Tasks { get; init; } = [];

    /// <summary>When its files were last changed; the beginning of 1970 where there are none.</summary>
    public DateTimeOffset ChangedAt { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>The files that its weights were loaded from; see <see cref="WeightsHash"/>. Empty where there are none.</summary>
    public IReadOnlyList<WeightFile> WeightFiles { get; init; } = [];

    /// <summary>Licence of the weights, as an SPDX name or in words; null when not known.</summary>
    public string? License { get; init; }

    /// <summary>Anything else a user should know; null when nothing.</summary>
    public string? Notes { get; init; }
}
