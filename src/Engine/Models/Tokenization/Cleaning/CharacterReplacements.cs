using System.Text;

namespace InstructDiffusion.Engine.Models.Tokenization.Cleaning;

/// <summary>
/// Single characters that mean the same as a plainer spelling: C1 controls that were meant as Windows-1252, Latin
/// ligatures and digraphs, fullwidth and halfwidth forms, curly quotes.
/// </summary>
internal static class CharacterReplacements
{
    private const char FullwidthOffset = (char)('\uFF01' - '!');

    /// <summary>U+FF5F-FF9F: brackets, punctuation and katakana of standard width.</summary>
    private const string Katakana =
        "\u2985\u2986\u3002\u300C\u300D\u3001\u30FBヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテト"
        + "ナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u3099\u309A";

    /// <summary>U+FFA0-FFDC: Hangul letters as jamo; a space where there is no character.</summary>
    private const string Hangul =
        "\u1160\u1100\u1101\u11AA\u1102\u11AC\u11AD\u1103\u1104\u1105\u11B0\u11B1\u11B2\u11B3\u11B4\u11B5\u111A\u1106"
        + "\u1107\u1108\u1121\u1109\u110A\u110B\u110C\u110D\u110E\u110F\u1110\u1111\u1112   \u1161\u1162\u1163\u1164"
        + "\u1165\u1166  \u1167\u1168\u1169\u116A\u116B\u116C  \u116D\u116E\u116F\u1170\u1171\u1172  \u1173\u1174\u1175";

    /// <summary>U+FFE0-FFEE: signs; a space where there is no character or, at U+FFE3, more than one.</summary>
    private const string Signs = "\u00A2\u00A3\u00AC \u00A6\u00A5\u20A9 \u2502\u2190\u2191\u2192\u2193\u25A0\u25CB";

    /// <summary>The text with every such character replaced.</summary>
    public static string Apply(string text)
    {
        var replaced = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (ReplacementOf(character) is { } replacement)
            {
                replaced.Append(replacement);
            }
            else
            {
                replaced.Append(character);
            }
        }
        return replaced.ToString();
    }

    private static string? ReplacementOf(char character) =>
        character switch
        {
            < '\u0080' => null,
            <= '\u009F' => $"{Windows1252.Decode((byte)character)}",
            '\u02BC' or (>= '\u2018' and <= '\u201B') => "'",
            >= '\u201C' and <= '\u201F' => "\"",
            >= '\uFF01' and <= '\uFF5E' => $"{(char)(character - FullwidthOffset)}",
            >= '\uFF5F' and <= '\uFF9F' => $"{Katakana[character - '\uFF5F']}",
            >= '\uFFA0' and <= '\uFFDC' => Listed(Hangul, character - '\uFFA0'),
            '\uFFE3' => " \u0304",
            >= '\uFFE0' and <= '\uFFEE' => Listed(Signs, character - '\uFFE0'),
            _ => LigatureOf(character),
        };

    private static string? Listed(string table, int index) => table[index] == ' ' ? null : $"{table[index]}";

    private static string? LigatureOf(char character) =>
        character switch
        {
            '\u0132' => "IJ",
            '\u0133' => "ij",
            '\u0149' => "\u02BCn",
            '\u01C4' => "D\u017D",
            '\u01C5' => "D\u017E",
            '\u01C6' => "d\u017E",
            '\u01C7' => "LJ",
            '\u01C8' => "Lj",
            '\u01C9' => "lj",
            '\u01CA' => "NJ",
            '\u01CB' => "Nj",
            '\u01CC' => "nj",
            '\u01F1' => "DZ",
            '\u01F2' => "Dz",
            '\u01F3' => "dz",
            '\uFB00' => "ff",
            '\uFB01' => "fi",
            '\uFB02' => "fl",
            '\uFB03' => "ffi",
            '\uFB04' => "ffl",
            '\uFB05' => "\u017Ft",
            '\uFB06' => "st",
            _ => null,
        };
}
