using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Cli.Edit;

/// <summary>What <c>edit</c> was asked to do. Null means: as the task's preset says, else as the model says.</summary>
internal sealed record EditOptions
{
    public required ModelOptions Model { get; init; }

    public required string InputPath { get; init; }

    public required string Instruction { get; init; }

    public string NegativeInstruction { get; init; } = "";

    /// <summary>File or folder to write to; null = the current folder.</summary>
    public string? Output { get; init; }

    public WorkingSize? WorkingSize { get; init; }

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

    /// <summary>The request for one picture.</summary>
    public EditRequest ToRequest(RgbImage image, ModelDescription model, long seed) =>
        new()
        {
            Image = image,
            Instruction = Instruction,
            NegativeInstruction = NegativeInstruction,
            Steps = Steps ?? model.DefaultSteps,
            Seed = seed,
            TextGuidanceScale = TextGuidanceScale ?? model.DefaultTextGuidanceScale,
            ImageGuidanceScale = ImageGuidanceScale ?? model.DefaultImageGuidanceScale,
            Sampler = Sampler ?? model.DefaultSampler,
            Eta = Eta,
            WorkingSize = WorkingSize,
        };
}
