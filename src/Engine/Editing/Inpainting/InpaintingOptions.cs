using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Engine.Editing.Inpainting;

/// <summary>How a region is painted.</summary>
public sealed record InpaintingOptions
{
    /// <summary>Denoising steps, at least 1.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>Scale of the guidance, 1…; at 1 the model runs without its unconditional half.</summary>
    public double GuidanceScale { get; init; } = 7.5;

    /// <summary>Which sampler.</summary>
    public SamplerKind Sampler { get; init; } = SamplerKind.Ddim;

    /// <summary>What the noise is drawn from.</summary>
    public long Seed { get; init; }
}
