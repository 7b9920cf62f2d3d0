namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Letters of 5×7 dots, for watermarks and for labels under pictures.</summary>
internal static class BitmapFont
{
    /// <summary>Dots a letter is wide, without the gap.</summary>
    public const int Width = 5;

    /// <summary>Dots a letter is high.</summary>
    public const int Height = 7;

    /// <summary>Dots from letter to letter.</summary>
    public const int Advance = 6;

    private const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-'|";

    /// <summary>Seven rows a letter, five bits each, the leftmost highest.</summary>
    private static readonly string[] Rows =
    [
        "0E11111F111111",
        "1E11111E11111E",
        "0E11101010110E",
        "1E11111111111E",
        "1F10101E10101F",
        "1F10101E101010",
        "0F10101711110F",
        "1111111F111111",
        "0E04040404040E",
        "0702020202120C",
        "11121418141211",
        "1010101010101F",
        "111B1515111111",
        "11191513111111",
        "0E11111111110E",
        "1E11111E101010",
        "0E11111115120D",
        "1E11111E141211",
        "0F10100E01011E",
        "1F040404040404",
        "1111111111110E",
        "11111111110A04",
        "1111111515150A",
        "11110A040A1111",
        "11110A04040404",
        "1F01020408101F",
        "0E11131519110E",
        "040C040404040E",
        "0E11010204081F",
        "1F02040201110E",
        "02060A121F0202",
        "1F101E0101110E",
        "0608101E11110E",
        "1F010204080808",
        "0E11110E11110E",
        "0E11110F01020C",
        "00000000000C0C",
        "000000000C0408",
        "0000001F000000",
        "0C040800000000",
        "04040404040404",
    ];

    private static readonly byte[][] Letters = [.. Rows.Select(Convert.FromHexString)];

    /// <summary>Dots that a text is wide.</summary>
    public static int WidthOf(string text) => Math.Max(1, text.Length * Advance - 1);

    /// <summary>Whether a text has a dot there; false outside it. Lower case is drawn as upper case, unknown letters as gaps.</summary>
    public static bool HasDot(string text, int x, int y)
    {
        if (x < 0 || y is < 0 or >= Height || x / Advance >= text.Length || x % Advance >= Width)
        {
            return false;
        }
        int letter = Characters.IndexOf(char.ToUpperInvariant(text[x / Advance]), StringComparison.Ordinal);
        return letter >= 0 && (Letters[letter][y] >> (Width - 1 - x % Advance) & 1) != 0;
    }
}
