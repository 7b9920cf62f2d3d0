using System.Globalization;
using System.Text;

namespace InstructDiffusion.Engine.Models.Tokenization.Cleaning;

/// <summary>
/// Unicode's full lower case, as Python's <c>str.lower</c> gives it. .NET maps single characters; two cases are more
/// than that: İ becomes two characters, and Σ at a word's end becomes ς.
/// </summary>
internal static class LowerCase
{
    /// <summary>The text in lower case.</summary>
    public static string Of(string text)
    {
        var lower = new StringBuilder(text.Length);
        var index = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case 'İ':
                    lower.Append("i\u0307");
                    break;
                case 'Σ':
                    lower.Append(IsFinal(text, index) ? 'ς' : 'σ');
                    break;
                default:
                    lower.Append(Rune.ToLowerInvariant(rune));
                    break;
            }
            index += rune.Utf16SequenceLength;
        }
        return lower.ToString();
    }

    /// <summary>Whether a letter stands before this character and none after it, marks and the like overlooked.</summary>
    private static bool IsFinal(string text, int index)
    {
        var before = text.AsSpan(0, index);
        var last = LastOf(before, out var units);
        while (IsCaseIgnorable(last))
        {
            before = before[..^units];
            last = LastOf(before, out units);
        }
        var after = text.AsSpan(index + 1);
        var first = FirstOf(after, out units);
        while (IsCaseIgnorable(first))
        {
            after = after[units..];
            first = FirstOf(after, out units);
        }
        return IsCased(last) && !IsCased(first);
    }

    // Both give U+FFFD, which is neither cased nor ignorable, where there is nothing.
    private static Rune LastOf(ReadOnlySpan<char> text, out int units)
    {
        _ = Rune.DecodeLastFromUtf16(text, out var rune, out units);
        return rune;
    }

    private static Rune FirstOf(ReadOnlySpan<char> text, out int units)
    {
        _ = Rune.DecodeFromUtf16(text, out var rune, out units);
        return rune;
    }

    /// <summary>Letters with case, and the signs made of such letters: ordinals, Roman numerals, letters in circles.</summary>
    private static bool IsCased(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.UppercaseLetter
                or UnicodeCategory.LowercaseLetter
                or UnicodeCategory.TitlecaseLetter
        || rune.Value
            is 'ª'
                or 'º'
                or (>= 0x2160 and <= 0x217F)
                or (>= 0x24B6 and <= 0x24E9)
                or (>= 0x1F130 and <= 0x1F149)
                or (>= 0x1F150 and <= 0x1F169)
                or (>= 0x1F170 and <= 0x1F189);

    /// <summary>Marks, format characters, modifiers, and the punctuation that may stand within a word.</summary>
    private static bool IsCaseIgnorable(Rune rune) =>
        rune.Value is '\'' or '.' or ':' or '\u00B7' or '\u0387' or '\u2018' or '\u2019' or '\u2024' or '\u2027'
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.Format
                or UnicodeCategory.ModifierLetter
                or UnicodeCategory.ModifierSymbol;
}
