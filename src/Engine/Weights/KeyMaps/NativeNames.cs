using System.Text.RegularExpressions;

namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>Brings the names of diffusers and transformers folders of any age to today's.</summary>
internal static partial class NativeNames
{
    private const string TextPrefix = "text_model.";

    /// <summary>A component's tensors under today's names and shapes; the result owns <paramref name="source"/>.</summary>
    public static MappedTensorSource Normalise(ModelComponent component, ITensorSource source, KeyReport report)
    {
        var mapped = new MappedTensorSource(source, owns: true);
        try
        {
            foreach (var (original, info) in source.Tensors)
            {
                if (IgnoredNames.Reason(original) is { } reason)
                {
                    report.AddIgnored($"{component.FolderName()}/{original}", reason);
                    continue;
                }
                var name = Today(component, original);
                var isMatrix = component == ModelComponent.Vae && AttentionMatrix().IsMatch(name);
                mapped.Add(name, original, isMatrix && info.Shape is [_, _, 1, 1] ? info.Shape[..2] : info.Shape);
                report.AddMapped(component, name, original);
            }
            ReportMissing(component, mapped.Tensors.Keys, report);
            return mapped;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Reports the names that the structure calls for and that are not there.</summary>
    public static void ReportMissing(ModelComponent component, IEnumerable<string> names, KeyReport report)
    {
        var present = names.ToHashSet(StringComparer.Ordinal);
        var missing = MapOf(component, present)?.Pairs.Where(p => !p.Optional && !present.Contains(p.Native));
        foreach (var pair in missing ?? [])
        {
            report.AddMissing(component, pair.Native);
        }
    }

    /// <summary>The key map of a component with these native names, or null where they are not those of one.</summary>
    public static KeyMap? MapOf(ModelComponent component, IReadOnlyCollection<string> names) =>
        component switch
        {
            ModelComponent.UNet => UNetStructure.FromNative(names) is { } unet ? UNetKeyMap.Create(unet) : null,
            ModelComponent.Vae => VaeStructure.FromNative(names) is { } vae ? VaeKeyMap.Create(vae) : null,
            _ => TextKeyMap.CountLayers(names) is > 0 and var layers ? TextKeyMap.Create(layers) : null,
        };

    private static string Today(ModelComponent component, string name) =>
        component switch
        {
            ModelComponent.Vae => OldAttention()
                .Replace(
                    name,
                    match =>
                        match.Groups["place"].Value
                        + match.Groups["matrix"].Value switch
                        {
                            "query" => "to_q",
                            "key" => "to_k",
                            "value" => "to_v",
                            _ => "to_out.0",
                        }
                ),
            // Newer transformers leave out the level between model and layers.
            ModelComponent.TextEncoder when BareText().IsMatch(name) => TextPrefix + name,
            _ => name,
        };

    [GeneratedRegex(
        @"(?<place>attentions\.[0-9]+\.)(?<matrix>query|key|value|proj_attn)(?=\.(weight|bias)$)",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex OldAttention();

    [GeneratedRegex(@"attentions\.[0-9]+\.(to_q|to_k|to_v|to_out\.0)\.weight$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AttentionMatrix();

    [GeneratedRegex(@"^(embeddings|encoder|final_layer_norm)\.", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BareText();
}
