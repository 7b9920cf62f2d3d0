using System.Globalization;
using System.Text;

namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>
/// Cuts a cleaned, lower-cased text into the words that are encoded one by one, as the CLIP tokenizer's expression
/// does: the begin and end tokens, English contractions, runs of letters, single digits, runs of anything else. Works on
/// code points, which <c>\p{L}</c> in a .NET expression would not for letters beyond U+FFFF.
/// </summary>
internal static class WordSplitter
{
    // Where case is ignored, the long s counts as an s.
    private static readonly string[] Contractions = ["'s", "'ſ", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    /// <summary>The words, in order; white space lies between them and belongs to none.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="markers">Tokens that are words of their own where a word starts, in any case.</param>
    public static IEnumerable<string> Split(string text, IReadOnlyList<string> markers)
    {
        var start = 0;
        while (start < text.Length)
        {
            var length = LengthAt(text, start, markers);
            if (length > 0)
            {
                yield return text.Substring(start, length);
            }
            start += Math.Max(1, length);
        }
    }

    /// <summary>The length of the word that starts here, in UTF-16 units; 0 at white space.</summary>
    private static int LengthAt(string text, int start, IReadOnlyList<string> markers)
    {
        var rest = text.AsSpan(start);
        foreach (var marker in markers)
        {
            if (rest.StartsWith(marker, StringComparison.OrdinalIgnoreCase))
            {
                return marker.Length;
            }
        }
        if (rest[0] == '\'')
        {
            foreach (var contraction in Contractions)
            {
                if (rest.StartsWith(contraction, StringComparison.Ordinal))
                {
                    return contraction.Length;
                }
            }
        }
        Rune.DecodeFromUtf16(rest, out var first, out var length);
        var kind = KindOf(first);
        if (kind == Kind.Space)
        {
            return 0;
        }
        while (kind != Kind.Digit && length < rest.Length)
        {
            Rune.DecodeFromUtf16(rest[length..], out var next, out var units);
            if (KindOf(next) != kind)
            {
                break;
            }
            length += units;
        }
        return length;
    }

    private static Kind KindOf(Rune rune)
    {
        if (Rune.IsLetter(rune))
        {
            return Kind.Letter;
        }
        // Where case is ignored, the reference's expression has no class for U+0345, whose capital is a letter.
        if (Rune.IsWhiteSpace(rune) || rune.Value == 0x345)
        {
            return Kind.Space;
        }
        return
            Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.DecimalDigitNumber
                    or UnicodeCategory.LetterNumber
                    or UnicodeCategory.OtherNumber
            ? Kind.Digit
            : Kind.Other;
    }

    private enum Kind
    {
        Space,
        Letter,
        Digit,
        Other,
    }
}
