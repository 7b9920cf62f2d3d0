using System.Globalization;
using System.Text.RegularExpressions;

namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>CLIP text encoder names: transformers ↔ ldm, which differ by a prefix only.</summary>
public static partial class TextKeyMap
{
    /// <summary>Where ldm checkpoints keep the text encoder.</summary>
    public const string LdmPrefix = "cond_stage_model.transformer.";

    private const int Limit = 256;

    /// <summary>The map of a text encoder of this many layers.</summary>
    public static KeyMap Create(int layers)
    {
        var map = new KeyMapBuilder(LdmPrefix);
        Parameter("text_model.embeddings.token_embedding.weight");
        Parameter("text_model.embeddings.position_embedding.weight");
        for (var i = 0; i < layers; i++)
        {
            var layer = $"text_model.encoder.layers.{i}";
            foreach (var matrix in (ReadOnlySpan<string>)["q_proj", "k_proj", "v_proj", "out_proj"])
            {
                Layer($"{layer}.self_attn.{matrix}");
            }
            Layer($"{layer}.layer_norm1");
            Layer($"{layer}.mlp.fc1");
            Layer($"{layer}.mlp.fc2");
            Layer($"{layer}.layer_norm2");
        }
        Layer("text_model.final_layer_norm");
        return map.Build();

        void Layer(string name) => map.Layer(name, name);
        void Parameter(string name) => map.Parameter(name, name);
    }

    /// <summary>Number of layers according to the names (native or ldm, with or without <c>text_model.</c>); 0 if they are none.</summary>
    public static int CountLayers(IEnumerable<string> names)
    {
        var numbers = new HashSet<int>();
        foreach (var match in names.Select(name => LayerNumber().Match(name)).Where(m => m.Success))
        {
            numbers.Add(int.Parse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture));
        }
        return numbers.Count > 0 && numbers.Count <= Limit && numbers.Max() == numbers.Count - 1 ? numbers.Count : 0;
    }

    [GeneratedRegex(
        @"^(cond_stage_model\.transformer\.)?(text_model\.)?encoder\.layers\.(?<layer>[0-9]{1,4})\.self_attn\.q_proj\.weight$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex LayerNumber();
}
