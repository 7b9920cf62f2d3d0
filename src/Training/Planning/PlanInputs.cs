using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;

namespace InstructDiffusion.Training.Planning;

/// <summary>What memory, arithmetic and time of a run follow from.</summary>
public sealed record PlanInputs
{
    /// <summary>Trained alone where <see cref="UNet"/> is null, else frozen.</summary>
    public required AutoencoderConfig Autoencoder { get; init; }

    /// <summary>Trained; null in the autoencoder's own stage.</summary>
    public UNetConfig? UNet { get; init; }

    /// <summary>Text to context; null in the autoencoder's own stage.</summary>
    public ClipTextConfig? TextEncoder { get; init; }

    /// <summary>Whether the text encoder is trained along with the UNet.</summary>
    public bool TrainsTextEncoder { get; init; }

    /// <summary>Whether a sample's text is encoded when it is trained on, rather than read from a cache.</summary>
    public bool EncodesTexts { get; init; } = true;

    /// <summary>Side of the training pictures in pixels.</summary>
    public required int Resolution { get; init; }

    /// <summary>Pictures the frozen autoencoder encodes for a sample: 0 with cached latents, 1 for text to image, 2 for edits.</summary>
    public int EncodedPictures { get; init; }

    /// <summary>Samples of a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Samples of a forward pass.</summary>
    public required int MicroBatchSize { get; init; }

    /// <summary>Passes that run at once, each with gradients and activations of its own over the same weights.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Steps of the run.</summary>
    public required long Steps { get; init; }

    /// <summary>The UNet computes in fp16 or bf16, beside fp32 weights.</summary>
    public bool IsHalfPrecision { get; init; }

    /// <summary>The UNet's blocks keep their inputs alone and are computed again in the backward pass.</summary>
    public bool HasActivationCheckpointing { get; init; }

    /// <summary>An average of the trained weights is kept.</summary>
    public bool HasEma { get; init; } = true;

    /// <summary>An instance of the trained models stands ready for the averaged weights, to validate them.</summary>
    public bool HasValidation { get; init; }

    /// <summary>Arithmetic of the device in GFLOP/s, e.g. of <see cref="MachineRate"/>; null plans no time.</summary>
    public double? GigaFlopsPerSecond { get; init; }

    /// <summary>
    /// Share of that rate which training reaches. Convolutions of small networks were measured at 0.62 of the rate of large
    /// matrix products; norms, the optimizer and validation take their part.
    /// </summary>
    public double Utilization { get; init; } = 0.5;
}
