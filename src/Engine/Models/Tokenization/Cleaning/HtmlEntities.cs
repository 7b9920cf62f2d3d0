using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace InstructDiffusion.Engine.Models.Tokenization.Cleaning;

/// <summary>
/// Decodes HTML's character references: every name of the HTML standard, also written in capitals where that is no name
/// of its own (<c>&amp;NTILDE;</c>), and numbers. Only references that end with a semicolon count.
/// </summary>
internal static class HtmlEntities
{
    private const int MaxNameLength = 24;

    private static readonly Lazy<FrozenDictionary<string, string>> Names = new(ReadNames);

    /// <summary>The text with each reference replaced by what it stands for; unknown ones are left as they are.</summary>
    public static string Decode(string text)
    {
        var reference = text.IndexOf('&', StringComparison.Ordinal);
        if (reference < 0)
        {
            return text;
        }
        var decoded = new StringBuilder(text.Length);
        var copied = 0;
        while (reference >= 0)
        {
            var end = EndOf(text, reference);
            if (end > 0 && Resolve(text.AsSpan(reference + 1, end - reference - 1)) is { } meaning)
            {
                decoded.Append(text, copied, reference - copied).Append(meaning);
                copied = end + 1;
            }
            reference = text.IndexOf('&', Math.Max(copied, reference + 1));
        }
        return decoded.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Where the semicolon of the reference that starts here is; -1 when this is none.</summary>
    private static int EndOf(string text, int start)
    {
        var first = start + 1;
        if (first < text.Length && text[first] == '#')
        {
            first++;
        }
        var end = first;
        while (end < text.Length && end - first < MaxNameLength && char.IsAsciiLetterOrDigit(text[end]))
        {
            end++;
        }
        return end > first && end < text.Length && text[end] == ';' ? end : -1;
    }

    /// <summary>What stands between <c>&amp;</c> and <c>;</c>, resolved; null when it means nothing.</summary>
    private static string? Resolve(ReadOnlySpan<char> reference)
    {
        if (reference[0] != '#')
        {
            return Names.Value.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(reference, out var meaning)
                ? meaning
                : null;
        }
        var hexadecimal = reference[1] is 'x' or 'X';
        var digits = reference[(hexadecimal ? 2 : 1)..];
        if (digits.IsEmpty || digits.ContainsAnyExcept(hexadecimal ? "0123456789abcdefABCDEF" : "0123456789"))
        {
            return null;
        }
        var style = hexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        var parsed = UInt128.TryParse(digits, style, CultureInfo.InvariantCulture, out var code);
        return CharacterOf(parsed && code <= 0x10FFFF ? (int)code : int.MaxValue);
    }

    /// <summary>A number's character by HTML's rules: 0x80-0x9F are Windows-1252, controls vanish, nonsense is U+FFFD.</summary>
    private static string? CharacterOf(int code) =>
        code switch
        {
            // The reference leaves a reference alone whose decoded form holds the semicolon it looks for.
            ';' => null,
            0 => "\uFFFD",
            '\r' => "\r",
            >= 0x80 and <= 0x9F => $"{Windows1252.Decode((byte)code)}",
            _ when !Rune.IsValid(code) => "\uFFFD",
            < 0x20 and not ('\t' or '\n' or '\f') or 0x7F => "",
            >= 0xFDD0 and <= 0xFDEF => "",
            _ when (code & 0xFFFE) == 0xFFFE => "",
            _ => new Rune(code).ToString(),
        };

    private static FrozenDictionary<string, string> ReadNames() =>
        EmbeddedFile
            .ReadTable("html-entities.txt")
            .ToFrozenDictionary(
                row => row[0],
                row => string.Concat(row.Skip(1).Select(code => new Rune(Convert.ToInt32(code, 16)).ToString()))
            );
}
