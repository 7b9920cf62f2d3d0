using System.Globalization;
using System.Text.RegularExpressions;

namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>What decides the parameter names of an AutoencoderKL; derivable from the names alone.</summary>
/// <param name="LayersPerLevel">Residual blocks of each encoder level, from the finest; the decoder has one more.</param>
public sealed partial record VaeStructure(IReadOnlyList<int> LayersPerLevel)
{
    private const int Limit = 64;

    /// <summary>Number of resolutions.</summary>
    public int Levels => LayersPerLevel.Count;

    /// <summary>Reads the structure off native names; null where they are not those of an autoencoder.</summary>
    public static VaeStructure? FromNative(IEnumerable<string> names) => From(names, NativeBlock());

    /// <summary>Reads the structure off ldm names; null where they are not those of an autoencoder.</summary>
    public static VaeStructure? FromLdm(IEnumerable<string> names) => From(names, LdmBlock());

    private static VaeStructure? From(IEnumerable<string> names, Regex block)
    {
        var layers = new SortedDictionary<int, int>();
        foreach (var match in names.Select(name => block.Match(name)).Where(m => m.Success))
        {
            var level = int.Parse(match.Groups["level"].ValueSpan, CultureInfo.InvariantCulture);
            var layer = int.Parse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture);
            layers[level] = Math.Max(layers.GetValueOrDefault(level), layer + 1);
        }
        var usable = layers.Count is > 0 and <= Limit && layers.Last().Key == layers.Count - 1;
        return usable && layers.Values.All(n => n <= Limit) ? new VaeStructure([.. layers.Values]) : null;
    }

    [GeneratedRegex(
        @"^encoder\.down_blocks\.(?<level>[0-9]{1,4})\.resnets\.(?<layer>[0-9]{1,4})\.",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex NativeBlock();

    [GeneratedRegex(
        @"^first_stage_model\.encoder\.down\.(?<level>[0-9]{1,4})\.block\.(?<layer>[0-9]{1,4})\.",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex LdmBlock();
}
