using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Models.Autoencoder;

/// <summary>Shape of an AutoencoderKL, as diffusers' <c>vae/config.json</c> gives it.</summary>
public sealed record AutoencoderConfig
{
    /// <summary>Scale of SD1.x latents: 1 / standard deviation of the posterior on the training images.</summary>
    public const double StableDiffusionScalingFactor = 0.18215;

    /// <summary>Channels of a picture, 3.</summary>
    public int ImageChannels { get; init; } = 3;

    /// <summary>Channels of the latents, 4.</summary>
    public int LatentChannels { get; init; } = 4;

    /// <summary>Channels per level, e.g. 128, 256, 512, 512.</summary>
    public required IReadOnlyList<int> BlockOutChannels { get; init; }

    /// <summary>ResBlocks per level of the encoder (one more in the decoder).</summary>
    public required int LayersPerBlock { get; init; }

    /// <summary>Groups of every group normalisation.</summary>
    public int NormGroups { get; init; } = 32;

    /// <summary>Diffusion works on posterior samples times this; the source latents are not multiplied.</summary>
    public double ScalingFactor { get; init; } = StableDiffusionScalingFactor;

    /// <summary>SD1.x: 83,653,863 parameters.</summary>
    public static AutoencoderConfig StableDiffusion15 { get; } =
        new() { BlockOutChannels = [128, 256, 512, 512], LayersPerBlock = 2 };

    /// <summary>Pixels per latent along each side: 2 to the power of the halvings, 8 in SD1.x.</summary>
    public int DownsamplingFactor => 1 << (BlockOutChannels.Count - 1);

    /// <summary>Reads diffusers' <c>vae/config.json</c>; fields left out take diffusers' defaults.</summary>
    /// <exception cref="ModelConfigException">A value is missing, out of range, or asks for what this autoencoder has not.</exception>
    public static AutoencoderConfig Parse(string json)
    {
        ConfigReader config = ConfigReader.Parse(json, "vae/config.json");
        IReadOnlyList<int> channels = config.Ints("block_out_channels", [64]);
        RequireTypes(config, "down_block_types", "DownEncoderBlock2D", channels.Count);
        RequireTypes(config, "up_block_types", "UpDecoderBlock2D", channels.Count);
        config.RequireValue("act_fn", "silu");
        var parsed = new AutoencoderConfig
        {
            ImageChannels = config.Int("in_channels", 3),
            LatentChannels = config.Int("latent_channels", 4),
            BlockOutChannels = channels,
            LayersPerBlock = config.Int("layers_per_block", 1),
            NormGroups = config.Int("norm_num_groups", 32),
            ScalingFactor = config.Number("scaling_factor", StableDiffusionScalingFactor),
        };
        config.Require(parsed.ScalingFactor > 0, "scaling_factor", "must be positive");
        config.Require(config.Int("out_channels", 3) == parsed.ImageChannels, "out_channels", "must equal in_channels");
        foreach (int width in channels)
        {
            config.RequireDivisible("block_out_channels", width, "norm_num_groups", parsed.NormGroups);
        }
        return parsed;
    }

    private static void RequireTypes(ConfigReader config, string name, string only, int count)
    {
        string[] standard = [.. Enumerable.Repeat(only, count)];
        IReadOnlyList<string> types = config.Strings(name, standard);
        config.Require(types.SequenceEqual(standard, StringComparer.Ordinal), name, $"must be {count} times {only}");
    }
}
