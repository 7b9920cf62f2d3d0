using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>Shape of a UNet2DConditionModel, as diffusers' <c>unet/config.json</c> gives it.</summary>
public sealed record UNetConfig
{
    /// <summary>4 (text to image), 8 (instruction editing: noisy target, source) or 9 (inpainting: noisy, mask, masked source).</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels of the prediction, 4.</summary>
    public required int OutChannels { get; init; }

    /// <summary>Channels per level, e.g. 320, 640, 1280, 1280.</summary>
    public required IReadOnlyList<int> BlockOutChannels { get; init; }

    /// <summary>ResBlocks per level on the way down (one more on the way up).</summary>
    public required int LayersPerBlock { get; init; }

    /// <summary>For each level, whether its blocks attend.</summary>
    public required IReadOnlyList<bool> LevelHasAttention { get; init; }

    /// <summary>Attention heads per level. diffusers calls it <c>attention_head_dim</c> in SD1.x configs.</summary>
    public required IReadOnlyList<int> HeadCounts { get; init; }

    /// <summary>Transformer blocks per attention, 1 in SD1.x.</summary>
    public int TransformerDepth { get; init; } = 1;

    /// <summary>Features of the text states, 768 in SD1.x.</summary>
    public required int CrossAttentionDim { get; init; }

    /// <summary>Groups of every group normalisation.</summary>
    public int NormGroups { get; init; } = 32;

    /// <summary>Epsilon of the ResBlocks' and the output's normalisation; the transformers' is always 1e-6.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>Cosine before sine in the timestep embedding.</summary>
    public bool FlipSinToCos { get; init; } = true;

    /// <summary>Shift of the timestep frequencies' denominator.</summary>
    public double FrequencyShift { get; init; }

    /// <summary>Transformer projections are linear (SD2) instead of 1×1 convolutions (SD1).</summary>
    public bool UseLinearProjection { get; init; }

    /// <summary>The 8-channel UNet of SD1.5 size: 859,532,484 parameters.</summary>
    public static UNetConfig StableDiffusion15Edit { get; } =
        new()
        {
            InChannels = 8,
            OutChannels = 4,
            BlockOutChannels = [320, 640, 1280, 1280],
            LayersPerBlock = 2,
            LevelHasAttention = [true, true, true, false],
            HeadCounts = [8, 8, 8, 8],
            CrossAttentionDim = 768,
        };

    /// <summary>How many times the deepest level halves the latents; sizes should be a multiple of 2 to this power.</summary>
    public int Downsamplings => BlockOutChannels.Count - 1;

    /// <summary>Reads diffusers' <c>unet/config.json</c>; fields left out take diffusers' defaults.</summary>
    /// <exception cref="ModelConfigException">A value is missing, out of range, or asks for what this UNet has not.</exception>
    public static UNetConfig Parse(string json) => Parse(ConfigReader.Parse(json, "unet/config.json"));

    private static UNetConfig Parse(ConfigReader config)
    {
        IReadOnlyList<int> channels = config.Ints("block_out_channels", [320, 640, 1280, 1280]);
        IReadOnlyList<bool> attends = ReadDownBlocks(config, channels.Count);
        RequireSupported(config, attends);
        IReadOnlyList<int> heads = config.Has("num_attention_heads")
            ? config.IntPerLevel("num_attention_heads", channels.Count, 8)
            : config.IntPerLevel("attention_head_dim", channels.Count, 8);
        var parsed = new UNetConfig
        {
            InChannels = config.Int("in_channels", 4),
            OutChannels = config.Int("out_channels", 4),
            BlockOutChannels = channels,
            LayersPerBlock = config.EqualInts("layers_per_block", 2),
            LevelHasAttention = attends,
            HeadCounts = heads,
            TransformerDepth = config.EqualInts("transformer_layers_per_block", 1),
            CrossAttentionDim = config.EqualInts("cross_attention_dim", 1280),
            NormGroups = config.Int("norm_num_groups", 32),
            NormEpsilon = config.Number("norm_eps", 1e-5),
            FlipSinToCos = config.Flag("flip_sin_to_cos", true),
            FrequencyShift = config.Number("freq_shift", 0),
            UseLinearProjection = config.Flag("use_linear_projection", false),
        };
        for (int level = 0; level < channels.Count; level++)
        {
            config.RequireDivisible("block_out_channels", channels[level], "norm_num_groups", parsed.NormGroups);
            config.RequireDivisible("block_out_channels", channels[level], "attention_head_dim", heads[level]);
        }
        return parsed;
    }

    private static IReadOnlyList<bool> ReadDownBlocks(ConfigReader config, int levels)
    {
        string[] standard = [.. Enumerable.Repeat("CrossAttnDownBlock2D", levels - 1), "DownBlock2D"];
        IReadOnlyList<string> types = config.Strings("down_block_types", standard);
        config.Require(types.Count == levels, "down_block_types", $"needs {levels} entries, one per level");
        return
        [
            .. types.Select(type =>
                type switch
                {
                    "CrossAttnDownBlock2D" => true,
                    "DownBlock2D" => false,
                    _ => throw config.Unsupported("down_block_types", type),
                }
            ),
        ];
    }

    private static void RequireSupported(ConfigReader config, IReadOnlyList<bool> attends)
    {
        string[] mirrored = [.. attends.Reverse().Select(attention => attention ? "CrossAttnUpBlock2D" : "UpBlock2D")];
        IReadOnlyList<string> up = config.Strings("up_block_types", mirrored);
        config.Require(
            up.SequenceEqual(mirrored, StringComparer.Ordinal),
            "up_block_types",
            "must mirror down_block_types"
        );
        config.RequireValue("mid_block_type", "UNetMidBlock2DCrossAttn");
        config.RequireValue("act_fn", "silu");
        config.RequireValue("resnet_time_scale_shift", "default");
        config.RequireValue("time_embedding_type", "positional");
        config.RequireOff("center_input_sample");
        config.RequireOff("only_cross_attention");
        config.RequireOff("dual_cross_attention");
        config.RequireOff("class_embed_type");
        config.RequireOff("addition_embed_type");
        config.RequireOff("encoder_hid_dim");
        config.Require(config.Int("downsample_padding", 1) == 1, "downsample_padding", "must be 1");
        config.Require(config.Number("mid_block_scale_factor", 1) == 1, "mid_block_scale_factor", "must be 1");
    }
}
