using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>Shape of a CLIP image encoder, as transformers' CLIPVisionConfig gives it.</summary>
public sealed record ClipVisionConfig
{
    // CLIP's largest is 24 (336 pixels of 14); a hostile file cannot make us allocate a table for more.
    private const int LargestGrid = 256;

    /// <summary>Width and depth of the transformer.</summary>
    public required ClipEncoderConfig Encoder { get; init; }

    /// <summary>Side in pixels of the square pictures it was trained on.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Side of a patch in pixels; divides <see cref="ImageSize"/>.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Channels of a picture.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Patches on a side.</summary>
    public int Grid => ImageSize / PatchSize;

    /// <summary>CLIP ViT-L/14's image tower at 224 pixels: 303,179,776 parameters.</summary>
    public static ClipVisionConfig ClipVitLarge14 { get; } =
        new()
        {
            ImageSize = 224,
            PatchSize = 14,
            Encoder = new ClipEncoderConfig
            {
                HiddenSize = 1024,
                IntermediateSize = 4096,
                Layers = 24,
                Heads = 16,
            },
        };

    /// <summary>Reads transformers' CLIPVisionConfig; fields left out take transformers' defaults.</summary>
    /// <exception cref="ModelConfigException">A value is out of range or not supported.</exception>
    public static ClipVisionConfig Parse(string json) => Read(ConfigReader.Parse(json, "image_encoder/config.json"));

    internal static ClipVisionConfig Read(ConfigReader config)
    {
        var parsed = new ClipVisionConfig
        {
            ImageSize = config.Int("image_size", 224),
            PatchSize = config.Int("patch_size", 32),
            Channels = config.Int("num_channels", 3),
            Encoder = ClipEncoderConfig.Read(config, hiddenSize: 768, intermediateSize: 3072, heads: 12),
        };
        config.RequireDivisible("image_size", parsed.ImageSize, "patch_size", parsed.PatchSize);
        config.Require(parsed.Grid <= LargestGrid, "image_size", $"gives more than {LargestGrid} patches a side");
        config.Require(parsed.Channels > 0, "num_channels", "must be at least 1");
        return parsed;
    }
}
