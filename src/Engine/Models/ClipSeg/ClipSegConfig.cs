using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Models.ClipSeg;

/// <summary>Shape of a CLIPSeg model, as transformers' CLIPSegConfig gives it.</summary>
public sealed record ClipSegConfig
{
    /// <summary>The CLIP inside.</summary>
    public required ClipConfig Clip { get; init; }

    /// <summary>The decoder's layers: their number is that of <see cref="ExtractLayers"/>.</summary>
    public required ClipEncoderConfig Decoder { get; init; }

    /// <summary>Layers of the image tower that the decoder reads, from 0, ascending.</summary>
    public required IReadOnlyList<int> ExtractLayers { get; init; }

    /// <summary>Which decoder layer takes in the condition, from 0 (the one that reads the deepest states).</summary>
    public int ConditionalLayer { get; init; }

    /// <summary>Whether pixels come from three convolutions (clipseg-rd64-refined) rather than one.</summary>
    public bool HasRefinedHead { get; init; }

    /// <summary>Reads transformers' CLIPSegConfig; fields left out take transformers' defaults.</summary>
    /// <exception cref="ModelConfigException">A value is out of range or not supported.</exception>
    public static ClipSegConfig Parse(string json)
    {
        ConfigReader config = ConfigReader.Parse(json, "clipseg/config.json");
        ClipConfig clip = ClipConfig.Read(config);
        var parsed = new ClipSegConfig
        {
            Clip = clip,
            ExtractLayers = config.Ints("extract_layers", [3, 6, 9]),
            ConditionalLayer = config.Int("conditional_layer", 0),
            HasRefinedHead = config.Flag("use_complex_transposed_convolution", whenAbsent: false),
            Decoder = new ClipEncoderConfig
            {
                HiddenSize = config.Int("reduce_dim", 64),
                IntermediateSize = config.Int("decoder_intermediate_size", 2048),
                Heads = config.Int("decoder_num_attention_heads", 4),
                Layers = config.Ints("extract_layers", [3, 6, 9]).Count,
                // transformers reads decoder_hidden_act from the file and then uses this all the same
                Activation = ClipActivation.Relu,
                NormEpsilon = clip.Vision.Encoder.NormEpsilon,
            },
        };
        parsed.Check(config);
        return parsed;
    }

    private void Check(ConfigReader config)
    {
        config.RequireDivisible("reduce_dim", Decoder.HiddenSize, "decoder_num_attention_heads", Decoder.Heads);
        config.Require(
            ExtractLayers.Zip(ExtractLayers.Skip(1)).All(pair => pair.First < pair.Second)
                && ExtractLayers[^1] < Clip.Vision.Encoder.Layers,
            "extract_layers",
            $"must be ascending and below num_hidden_layers {Clip.Vision.Encoder.Layers} of vision_config"
        );
        config.Require(
            ConditionalLayer < ExtractLayers.Count,
            "conditional_layer",
            $"{ConditionalLayer} is none of the {ExtractLayers.Count} layers of the decoder"
        );
        config.Require(
            !HasRefinedHead || (Clip.Vision.PatchSize % 4 == 0 && Decoder.HiddenSize >= 2),
            "use_complex_transposed_convolution",
            "needs a patch_size that is a multiple of 4 and a reduce_dim of at least 2"
        );
    }
}
