using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>Shape of a whole CLIP: both towers and the space they meet in.</summary>
public sealed record ClipConfig
{
    /// <summary>The text tower.</summary>
    public required ClipTextConfig Text { get; init; }

    /// <summary>The image tower.</summary>
    public required ClipVisionConfig Vision { get; init; }

    /// <summary>Features of the space that both are projected into.</summary>
    public required int ProjectionSize { get; init; }

    /// <summary>CLIP ViT-L/14 at 224 pixels: 427,616,513 parameters.</summary>
    public static ClipConfig ClipVitLarge14 { get; } =
        new()
        {
            Text = ClipTextConfig.ClipVitLarge14,
            Vision = ClipVisionConfig.ClipVitLarge14,
            ProjectionSize = 768,
        };

    /// <summary>Reads transformers' CLIPConfig; fields left out take transformers' defaults.</summary>
    /// <exception cref="ModelConfigException">A value is out of range or not supported.</exception>
    public static ClipConfig Parse(string json) => Read(ConfigReader.Parse(json, "clip/config.json"));

    internal static ClipConfig Read(ConfigReader config)
    {
        var parsed = new ClipConfig
        {
            Text = ClipTextConfig.Read(config.Section("text_config")),
            Vision = ClipVisionConfig.Read(config.Section("vision_config")),
            ProjectionSize = config.Int("projection_dim", 512),
        };
        config.Require(parsed.ProjectionSize > 0, "projection_dim", "must be at least 1");
        return parsed;
    }
}
