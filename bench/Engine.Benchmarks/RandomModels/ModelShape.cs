using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;

namespace InstructDiffusion.Engine.Benchmarks.RandomModels;

/// <summary>Width and depth of a model to be made: its three <c>config.json</c>, in the fields of diffusers and transformers.</summary>
/// <param name="Name">As the command line calls it.</param>
/// <param name="UNetJson"><c>unet/config.json</c></param>
/// <param name="AutoencoderJson"><c>vae/config.json</c></param>
/// <param name="TextEncoderJson"><c>text_encoder/config.json</c>; its vocabulary is the embedded one.</param>
internal sealed record ModelShape(string Name, string UNetJson, string AutoencoderJson, string TextEncoderJson)
{
    /// <summary>Stable Diffusion 1.5 with 8 input channels: 1.07 billion parameters.</summary>
    public static ModelShape Real { get; } =
        new(
            "real",
            UNetWith("[320, 640, 1280, 1280]", groups: 32, heads: 8, contextFeatures: 768),
            AutoencoderWith("[128, 256, 512, 512]", groups: 32),
            TextEncoderWith(features: 768, layers: 12, heads: 12)
        );

    /// <summary>As deep, but so narrow that an edit takes a fraction of a second.</summary>
    public static ModelShape Tiny { get; } =
        new(
            "tiny",
            UNetWith("[16, 16, 32, 32]", groups: 8, heads: 4, contextFeatures: 24),
            AutoencoderWith("[8, 8, 16, 16]", groups: 8),
            TextEncoderWith(features: 24, layers: 3, heads: 4)
        );

    public static IReadOnlyDictionary<string, ModelShape> ByName { get; } =
        new[] { Real, Tiny }.ToDictionary(shape => shape.Name, StringComparer.Ordinal);

    public UNetConfig UNet => UNetConfig.Parse(UNetJson);

    public AutoencoderConfig Autoencoder => AutoencoderConfig.Parse(AutoencoderJson);

    public ClipTextConfig TextEncoder => ClipTextConfig.Parse(TextEncoderJson);

    private static string UNetWith(string channels, int groups, int heads, int contextFeatures) =>
        $$"""
            {
              "_class_name": "UNet2DConditionModel",
              "act_fn": "silu",
              "attention_head_dim": {{heads}},
              "block_out_channels": {{channels}},
              "center_input_sample": false,
              "cross_attention_dim": {{contextFeatures}},
              "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
              "downsample_padding": 1,
              "flip_sin_to_cos": true,
              "freq_shift": 0,
              "in_channels": 8,
              "layers_per_block": 2,
              "mid_block_scale_factor": 1,
              "norm_eps": 1e-05,
              "norm_num_groups": {{groups}},
              "out_channels": 4,
              "sample_size": 64,
              "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
            }
            """;

    private static string AutoencoderWith(string channels, int groups) =>
        $$"""
            {
              "_class_name": "AutoencoderKL",
              "act_fn": "silu",
              "block_out_channels": {{channels}},
              "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
              "in_channels": 3,
              "latent_channels": 4,
              "layers_per_block": 2,
              "norm_num_groups": {{groups}},
              "out_channels": 3,
              "sample_size": 512,
              "scaling_factor": 0.18215,
              "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"]
            }
            """;

    private static string TextEncoderWith(int features, int layers, int heads) =>
        $$"""
            {
              "architectures": ["CLIPTextModel"],
              "bos_token_id": 49406,
              "eos_token_id": 49407,
              "hidden_act": "quick_gelu",
              "hidden_size": {{features}},
              "intermediate_size": {{4 * features}},
              "layer_norm_eps": 1e-05,
              "max_position_embeddings": 77,
              "model_type": "clip_text_model",
              "num_attention_heads": {{heads}},
              "num_hidden_layers": {{layers}},
              "pad_token_id": 49407,
              "projection_dim": {{features}},
              "vocab_size": 49408
            }
            """;
}
