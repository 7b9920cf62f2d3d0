using System.Text.Json;
using System.Text.RegularExpressions;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// JSON as Python's json module writes it. diffusers saves some samplers' settings as -Infinity, which is not JSON; it is read
/// as null.
/// </summary>
internal static partial class PythonJson
{
    private const int TimeoutMilliseconds = 2000;

    /// <summary>The document, owned by the caller.</summary>
    /// <exception cref="JsonException">Not JSON.</exception>
    public static JsonDocument Parse(string text) =>
        JsonDocument.Parse(
            StringOrNonFinite().Replace(text, match => match.Value.StartsWith('"') ? match.Value : "null")
        );

    // Strings are matched first, so that a word inside one is left alone.
    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"|-?Infinity|NaN", RegexOptions.NonBacktracking, TimeoutMilliseconds)]
    private static partial Regex StringOrNonFinite();
}
