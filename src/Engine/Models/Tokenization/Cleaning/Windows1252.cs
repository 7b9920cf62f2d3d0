namespace InstructDiffusion.Engine.Models.Tokenization.Cleaning;

/// <summary>
/// Windows code page 1252 as decoders apply it in practice: Latin-1, but with typographic characters at 0x80-0x9F; the
/// five bytes that have none there stay C1 control characters.
/// </summary>
internal static class Windows1252
{
    private const int FirstTypographic = 0x80;

    private const string Typographic =
        "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    /// <summary>What a byte means.</summary>
    public static char Decode(byte value) =>
        value - FirstTypographic is >= 0 and < 32 and var index ? Typographic[index] : (char)value;

    /// <summary>The byte that a character may have come from: by this table, or by Latin-1 for control characters.</summary>
    public static bool TryEncode(char character, out byte value)
    {
        value = (byte)character;
        if (character < 256)
        {
            return true;
        }
        var index = Typographic.IndexOf(character, StringComparison.Ordinal);
        value = (byte)(FirstTypographic + index);
        return index >= 0;
    }
}
