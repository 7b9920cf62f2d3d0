using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>Everything an edit is computed with. Owns the weights.</summary>
public sealed class EditModel : IDisposable
{
    /// <summary>Text → token ids.</summary>
    public required ClipTokenizer Tokenizer { get; init; }

    /// <summary>Token ids → text states.</summary>
    public required ClipTextModel TextEncoder { get; init; }

    /// <summary>Picture ↔ latents.</summary>
    public required AutoencoderKL Autoencoder { get; init; }

    /// <summary>Latents, source latents, time and text → noise.</summary>
    public required UNet2DConditionModel UNet { get; init; }

    /// <summary>What the UNet was trained on.</summary>
    public required NoiseSchedule NoiseSchedule { get; init; }

    /// <summary>Where the weights are.</summary>
    public required Device Device { get; init; }

    /// <summary>What it is and which values it likes.</summary>
    public required ModelDescription Description { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        TextEncoder.Dispose();
        Autoencoder.Dispose();
        UNet.Dispose();
    }
}
