using System.Text.Json;
using System.Text.RegularExpressions;

namespace InstructDiffusion.TestSupport;

/// <summary>JSON as Python's json module writes it: NaN and ±Infinity, which the standard lacks, read as null.</summary>
internal static partial class LenientJson
{
    /// <summary>The root element, valid after this call.</summary>
    public static JsonElement Parse(string text)
    {
        string standard = StringOrNonFinite()
            .Replace(text, match => match.Value.StartsWith('"') ? match.Value : "null");
        using JsonDocument document = JsonDocument.Parse(standard);
        return document.RootElement.Clone();
    }

    // Strings are matched first, so that a word inside one is left alone.
    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|-?Infinity|NaN", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex StringOrNonFinite();
}
