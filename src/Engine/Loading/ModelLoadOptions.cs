using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Engine.Loading;

/// <summary>Which model to load, where to, and how to use it.</summary>
public sealed record ModelLoadOptions
{
    /// <summary>A diffusers folder, an ldm file, or a part of a split download; null = the one that comes with the program, <see cref="ModelLoader.DefaultModelPath"/>.</summary>
    public string? Path { get; init; }

    /// <summary>Where components come from that <see cref="Path"/> lacks, e.g. Stable Diffusion 1.5 for a training state that holds the UNet alone.</summary>
    public string? BasePath { get; init; }

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Precision of the UNet. A CPU computes in fp32 only.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Take the averaged UNet of a training checkpoint that has one.</summary>
    public bool PreferEma { get; init; } = true;

    /// <summary>The model's guidance family, over what sidecar, pipeline class or file name say.</summary>
    public GuidanceFamily? Family { get; init; }

    /// <summary>
    /// A diffusers folder whose config.json files say how a single file is built (heads, groups), which tensors do not show;
    /// null = as Stable Diffusion 1.
    /// </summary>
    public string? ConfigFolder { get; init; }

    /// <summary>Load a 4-channel text-to-image UNet as an 8-channel one whose new channels are zero: a start for training, not an editor.</summary>
    public bool ExtendInputChannels { get; init; }

    /// <summary>Threads of libtorch on the CPU; null = all cores.</summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Compute with libtorch's own convolutions: on the CPU slower and with less memory, and the reference that the fast form is
    /// measured against.
    /// </summary>
    public bool PlainKernels { get; init; }

    /// <summary>Limits of the pipeline.</summary>
    public EditPipelineOptions Pipeline { get; init; } = new();
}
