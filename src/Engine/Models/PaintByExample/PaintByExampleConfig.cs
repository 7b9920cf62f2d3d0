using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Models.PaintByExample;

/// <summary>Shape of Paint-by-Example's image encoder, as the <c>image_encoder/config.json</c> of its diffusers folder gives it.</summary>
public sealed record PaintByExampleConfig
{
    /// <summary>The image tower of CLIP.</summary>
    public required ClipVisionConfig Tower { get; init; }

    /// <summary>Features of the token that conditions the UNet: its <c>cross_attention_dim</c>.</summary>
    public int ProjectionSize { get; init; } = 768;

    /// <summary>Blocks of the mapper: a fifth of the tower's layers (5 for ViT-L/14's 24).</summary>
    public int MapperBlocks => (Tower.Encoder.Layers + 1) / 5;

    /// <summary>The released one, over CLIP ViT-L/14.</summary>
    public static PaintByExampleConfig Released { get; } = new() { Tower = ClipVisionConfig.ClipVitLarge14 };

    /// <summary>Reads a config.json; fields left out take transformers' defaults.</summary>
    /// <exception cref="ModelConfigException">A value is out of range or not supported.</exception>
    public static PaintByExampleConfig Parse(string json)
    {
        ConfigReader config = ConfigReader.Parse(json, "image_encoder/config.json");
        int size = config.Int("projection_dim", 768);
        config.Require(size > 0, "projection_dim", "must be above 0");
        return new PaintByExampleConfig { Tower = ClipVisionConfig.Read(config), ProjectionSize = size };
    }
}
