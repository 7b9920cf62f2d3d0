using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>Width and depth of a CLIP transformer, of either tower.</summary>
public sealed record ClipEncoderConfig
{
    /// <summary>Features of a token.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Features inside the feed-forward.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Transformer layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Activation of the feed-forward.</summary>
    public ClipActivation Activation { get; init; } = ClipActivation.QuickGelu;

    /// <summary>Epsilon of the layer norms.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    internal static ClipEncoderConfig Read(ConfigReader config, int hiddenSize, int intermediateSize, int heads)
    {
        var parsed = new ClipEncoderConfig
        {
            HiddenSize = config.Int("hidden_size", hiddenSize),
            IntermediateSize = config.Int("intermediate_size", intermediateSize),
            Layers = config.Int("num_hidden_layers", 12),
            Heads = config.Int("num_attention_heads", heads),
            NormEpsilon = config.Number("layer_norm_eps", 1e-5),
            Activation = config.Text("hidden_act", "quick_gelu") switch
            {
                "quick_gelu" => ClipActivation.QuickGelu,
                "gelu" => ClipActivation.Gelu,
                string other => throw config.Unsupported("hidden_act", other),
            },
        };
        config.RequireDivisible("hidden_size", parsed.HiddenSize, "num_attention_heads", parsed.Heads);
        return parsed;
    }
}
