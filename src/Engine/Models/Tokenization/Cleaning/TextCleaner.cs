using System.Buffers;
using System.Text;

namespace InstructDiffusion.Engine.Models.Tokenization.Cleaning;

/// <summary>
/// What the reference does to a prompt before it cuts it into words: ftfy's <c>fix_text</c> with its default options
/// (version 6), then lower case. Line breaks and runs of spaces are left alone, because white space separates words
/// and nothing more.
/// </summary>
/// <remarks>
/// Differs from ftfy in the repair of wrongly decoded text, which <see cref="Mojibake"/> describes, and in giving up
/// after <see cref="MaxRounds"/> rounds where ftfy repeats itself until nothing changes.
/// </remarks>
internal static class TextCleaner
{
    /// <summary>How often a line is cleaned again because the round before changed it (<c>&amp;amp;amp;</c>…).</summary>
    private const int MaxRounds = 16;

    private static readonly SearchValues<char> EscapeParameters = SearchValues.Create("0123456789;");

    /// <summary>The cleaned text: well-formed, composed (NFC), lower case.</summary>
    public static string Clean(string text)
    {
        if (IsPlain(text))
        {
            return text.ToLowerInvariant();
        }
        text = ReplaceLoneSurrogates(text);
        var cleaned = new StringBuilder(text.Length);
        var mayHoldEntities = true;
        for (var start = 0; start < text.Length; )
        {
            var lineBreak = text.IndexOf('\n', start);
            var end = lineBreak < 0 ? text.Length : lineBreak + 1;
            var line = text[start..end];
            // From the first "<" on, the text is taken for mark-up in which "&lt;" means itself.
            mayHoldEntities &= !line.Contains('<', StringComparison.Ordinal);
            cleaned.Append(CleanLine(line, mayHoldEntities));
            start = end;
        }
        return LowerCase.Of(cleaned.ToString());
    }

    /// <summary>Whether nothing but the case could change: printable ASCII without an entity.</summary>
    private static bool IsPlain(string text) =>
        !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.Contains('&', StringComparison.Ordinal);

    private static string CleanLine(string line, bool mayHoldEntities)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = line;
            if (mayHoldEntities)
            {
                line = HtmlEntities.Decode(line);
            }
            line = Mojibake.Repair(line);
            line = CharacterReplacements.Apply(line);
            line = RemoveControls(line);
            line = CanonicalComposition.Compose(line);
            if (string.Equals(line, before, StringComparison.Ordinal))
            {
                break;
            }
        }
        return line;
    }

    private static string ReplaceLoneSurrogates(string text)
    {
        var wellFormed = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            wellFormed.Append(rune);
        }
        return wellFormed.ToString();
    }

    /// <summary>Removes terminal colour codes (ESC [ 31 m) and characters that are only there to control.</summary>
    private static string RemoveControls(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '\u001B')
            {
                index += LengthOfTerminalEscape(text.AsSpan(index + 1));
            }
            else if (!IsControl(text[index]))
            {
                kept.Append(text[index]);
            }
        }
        return kept.ToString();
    }

    /// <summary>How many characters after the escape character belong to it: <c>[</c>, digits and semicolons, a letter.</summary>
    private static int LengthOfTerminalEscape(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty || rest[0] != '[')
        {
            return 0;
        }
        var end = rest[1..].IndexOfAnyExcept(EscapeParameters) + 1;
        return end > 0 && char.IsAsciiLetter(rest[end]) ? end + 1 : 0;
    }

    /// <summary>C0 controls that are no white space, deprecated format characters, the byte-order mark, annotation marks.</summary>
    private static bool IsControl(char character) =>
        character
            is < '\u0009'
                or '\u000B'
                or (>= '\u000E' and < '\u0020')
                or '\u007F'
                or (>= '\u206A' and <= '\u206F')
                or '\uFEFF'
                or (>= '\uFFF9' and <= '\uFFFC');
}
