using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>Shape of a CLIP text encoder, as transformers' <c>text_encoder/config.json</c> gives it.</summary>
public sealed record ClipTextConfig
{
    /// <summary>Tokens in the vocabulary, 49,408.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width and depth of the transformer.</summary>
    public required ClipEncoderConfig Encoder { get; init; }

    /// <summary>Longest text in tokens, 77.</summary>
    public int MaxTokens { get; init; } = 77;

    /// <summary>The id that ends a text, at which it is pooled; 2 means the largest id of the text (transformers' legacy files).</summary>
    public int EndId { get; init; } = 49_407;

    /// <summary>CLIP ViT-L/14's text tower: 123,060,480 parameters.</summary>
    public static ClipTextConfig ClipVitLarge14 { get; } =
        new()
        {
            VocabularySize = 49_408,
            Encoder = new ClipEncoderConfig
            {
                HiddenSize = 768,
                IntermediateSize = 3072,
                Layers = 12,
                Heads = 12,
            },
        };

    /// <summary>Reads transformers' CLIPTextConfig; fields left out take transformers' defaults.</summary>
    /// <exception cref="ModelConfigException">A value is out of range or not supported.</exception>
    public static ClipTextConfig Parse(string json) => Read(ConfigReader.Parse(json, "text_encoder/config.json"));

    internal static ClipTextConfig Read(ConfigReader config) =>
        new()
        {
            VocabularySize = config.Int("vocab_size", 49_408),
            MaxTokens = config.Int("max_position_embeddings", 77),
            EndId = config.Int("eos_token_id", 49_407),
            Encoder = ClipEncoderConfig.Read(config, hiddenSize: 512, intermediateSize: 2048, heads: 8),
        };
}
