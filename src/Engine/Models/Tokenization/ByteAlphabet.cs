namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>
/// The 256 visible characters that stand for bytes in a byte-level vocabulary (GPT-2's rule): printable Latin-1
/// characters stand for themselves, the other bytes, in order, for U+0100 and up.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = Build();

    /// <summary>The character that stands for a byte.</summary>
    public static char CharacterOf(byte value) => Characters[value];

    private static char[] Build()
    {
        var characters = new char[256];
        var next = (char)256;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            characters[value] = printable ? (char)value : next++;
        }
        return characters;
    }
}
