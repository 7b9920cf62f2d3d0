using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Cli.Edit;

/// <summary>What <c>edit</c> was asked to do. Null means: as the task's preset says, else as the model says.</summary>
internal sealed record EditOptions
{
    public required ModelLoadOptions Model { get; init; }

    public required string InputPath { get; init; }

    public required string Instruction { get; init; }

    public string NegativeInstruction { get; init; } = "";

    /// <summary>File or folder to write to; null = the current folder.</summary>
    public string? Output { get; init; }

    /// <summary>The exact canvas; null = by <see cref="SizeRule"/> and <see cref="Resolution"/>.</summary>
    public ImageSize? Size { get; init; }

    public int? Resolution { get; init; }

    public WorkingSizeRule? SizeRule { get; init; }

    public CanvasPlacement Placement { get; init; }

    /// <summary>Name of the model's preset whose values count before the model's own.</summary>
    public string? Task { get; init; }

    public int? Steps { get; init; }

    public double? TextGuidanceScale { get; init; }

    public double? ImageGuidanceScale { get; init; }

    public SamplerKind? Sampler { get; init; }

    public double Eta { get; init; }

    public required long Seed { get; init; }

    /// <summary>Pictures to make, with the seeds from <see cref="Seed"/> on.</summary>
    public int Count { get; init; } = 1;

    /// <summary>JPEG and WebP quality, 1…100.</summary>
    public int Quality { get; init; } = ImageCodec.DefaultQuality;

    /// <summary>Replace pictures that exist.</summary>
    public bool Force { get; init; }

    /// <summary>The request for one picture: what was asked, else what the task's preset says, else what the model says.</summary>
    public EditRequest ToRequest(RgbImage image, ModelDescription model, TaskPreset? preset, long seed) =>
        new()
        {
            Image = image,
            Instruction = Instruction,
            NegativeInstruction = NegativeInstruction,
            Steps = Steps ?? preset?.Steps ?? model.DefaultSteps,
            Seed = seed,
            TextGuidanceScale = TextGuidanceScale ?? preset?.TextGuidanceScale ?? model.DefaultTextGuidanceScale,
            ImageGuidanceScale = ImageGuidanceScale ?? preset?.ImageGuidanceScale ?? model.DefaultImageGuidanceScale,
            Sampler = Sampler ?? model.DefaultSampler,
            Eta = Eta,
            WorkingSize = Size is { } size
                ? WorkingSize.Of(size)
                : WorkingSize.Of(
                    Resolution ?? preset?.Resolution ?? model.DefaultResolution,
                    SizeRule ?? model.SizeRule
                ),
            Placement = Placement,
        };
}
