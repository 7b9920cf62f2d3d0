using System.Globalization;
using System.Text.RegularExpressions;

namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>What decides the parameter names of a UNet2DCondition; derivable from the names alone.</summary>
/// <param name="LayersPerLevel">Residual blocks of each down level, from the finest; the way up has one more.</param>
/// <param name="AttentionAtLevel">Whether a level has transformers, from the finest.</param>
/// <param name="TransformerDepth">Blocks in each transformer; 1 in Stable Diffusion 1 and 2.</param>
public sealed partial record UNetStructure(
    IReadOnlyList<int> LayersPerLevel,
    IReadOnlyList<bool> AttentionAtLevel,
    int TransformerDepth = 1
)
{
    private const int Limit = 64;

    /// <summary>Number of resolutions.</summary>
    public int Levels => LayersPerLevel.Count;

    /// <summary>Reads the structure off native names; null where they are not those of a UNet.</summary>
    public static UNetStructure? FromNative(IEnumerable<string> names)
    {
        var layers = new SortedDictionary<int, int>();
        var attention = new HashSet<int>();
        var depth = 1;
        foreach (var name in names)
        {
            var match = NativeBlock().Match(name);
            if (!match.Success)
            {
                continue;
            }
            var (level, layer) = (Number(match, "level"), Number(match, "layer"));
            if (match.Groups["kind"].ValueSpan.SequenceEqual("resnets"))
            {
                layers[level] = Math.Max(layers.GetValueOrDefault(level), layer + 1);
            }
            else
            {
                attention.Add(level);
                depth = Math.Max(depth, match.Groups["depth"].Success ? Number(match, "depth") + 1 : 1);
            }
        }
        return Create([.. layers.Keys], [.. layers.Values], attention.Contains, depth);
    }

    /// <summary>
    /// Reads the structure off ldm names (with or without <c>model.diffusion_model.</c>), or off the dotless names of an EMA
    /// copy; null where they are not those of a UNet.
    /// </summary>
    public static UNetStructure? FromLdm(IEnumerable<string> names)
    {
        var downs = new SortedSet<int>();
        var transformers = new HashSet<int>();
        var (last, depth) = (0, 1);
        foreach (var name in names)
        {
            // Every optional dot keeps the digits apart: block numbers are followed by the fixed ".0." or ".1.".
            if (LdmDown().Match(name) is { Success: true } down)
            {
                downs.Add(Number(down, "block"));
            }
            else if (LdmResidual().Match(name) is { Success: true } residual)
            {
                last = Math.Max(last, Number(residual, "block"));
            }
            else if (LdmTransformer().Match(name) is { Success: true } transformer)
            {
                transformers.Add(Number(transformer, "block"));
            }
            else if (LdmDepth().Match(name) is { Success: true } block)
            {
                depth = Math.Max(depth, Number(block, "block") + 1);
            }
        }
        // Blocks are numbered through: 0 is the first convolution, then each level's layers and its downsampling.
        var firsts = new List<int> { 1 };
        firsts.AddRange(downs.Select(d => d + 1));
        var ends = downs.Append(last + 1).ToList();
        var layers = firsts.Zip(ends, (first, end) => end - first).ToList();
        return Create([.. Enumerable.Range(0, layers.Count)], layers, l => transformers.Contains(firsts[l]), depth);
    }

    private static UNetStructure? Create(List<int> levels, List<int> layers, Func<int, bool> attention, int depth) =>
        levels.Count is 0 or > Limit
        || levels[^1] != levels.Count - 1
        || layers.Any(n => n is < 1 or > Limit)
        || depth > Limit
            ? null
            : new UNetStructure(layers, [.. levels.Select(attention)], depth);

    // Digit runs are at most four long, by the patterns.
    private static int Number(Match match, string group) =>
        int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^down_blocks\.(?<level>[0-9]{1,4})\.(?<kind>resnets|attentions)\.(?<layer>[0-9]{1,4})\.(transformer_blocks\.(?<depth>[0-9]{1,4})\.)?",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex NativeBlock();

    [GeneratedRegex(@"input_blocks\.?(?<block>[0-9]{1,4}?)\.?0\.?op\.?weight$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LdmDown();

    [GeneratedRegex(
        @"input_blocks\.?(?<block>[0-9]{1,4}?)\.?0\.?in_layers\.?0\.?weight$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex LdmResidual();

    [GeneratedRegex(@"input_blocks\.?(?<block>[0-9]{1,4}?)\.?1\.?norm\.?weight$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LdmTransformer();

    [GeneratedRegex(
        @"middle_block\.?1\.?transformer_blocks\.?(?<block>[0-9]{1,4}?)\.?attn1\.?to_q\.?weight$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex LdmDepth();
}
