using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;

namespace InstructDiffusion.Engine.Benchmarks.RandomModels;

/// <summary>Width and depth of a model to be made.</summary>
/// <param name="Name">As the command line calls it.</param>
/// <param name="UNet">Its denoiser.</param>
/// <param name="Autoencoder">Its autoencoder, with as many groups in its norms as the UNet has.</param>
/// <param name="TextEncoder">Its text encoder, for the embedded vocabulary.</param>
internal sealed record ModelShape(
    string Name,
    UNetConfig UNet,
    AutoencoderConfig Autoencoder,
    ClipTextConfig TextEncoder
)
{
    /// <summary>Stable Diffusion 1.5 with 8 input channels: 1.07 billion parameters.</summary>
    public static ModelShape Real { get; } =
        new(
            "real",
            UNetConfig.StableDiffusion15Edit,
            AutoencoderConfig.StableDiffusion15,
            ClipTextConfig.ClipVitLarge14
        );

    /// <summary>As deep, but so narrow that an edit takes a fraction of a second.</summary>
    public static ModelShape Tiny { get; } =
        new(
            "tiny",
            UNetConfig.StableDiffusion15Edit with
            {
                BlockOutChannels = [16, 16, 32, 32],
                HeadCounts = [4, 4, 4, 4],
                CrossAttentionDim = 24,
                NormGroups = 8,
            },
            AutoencoderConfig.StableDiffusion15 with
            {
                BlockOutChannels = [8, 8, 16, 16],
                NormGroups = 8,
            },
            ClipTextConfig.ClipVitLarge14 with
            {
                Encoder = new ClipEncoderConfig
                {
                    HiddenSize = 24,
                    IntermediateSize = 96,
                    Layers = 3,
                    Heads = 4,
                },
            }
        );

    /// <summary>All of them.</summary>
    public static IReadOnlyDictionary<string, ModelShape> ByName { get; } =
        new[] { Real, Tiny }.ToDictionary(shape => shape.Name, StringComparer.Ordinal);
}
