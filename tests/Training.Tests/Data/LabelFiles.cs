using System.Buffers.Binary;
using System.IO.Compression;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Training.Tests.Data;

/// <summary>Maps of labels as data sets have them, whose pictures are not what they say: palettes, 16 bits, all filters of PNG.</summary>
internal static class LabelFiles
{
    private const byte GreyColor = 0;
    private const byte PaletteColor = 3;

    /// <summary>Places in Pascal VOC's palette, 8 bits.</summary>
    public static byte[] Palette(int width, int height, Func<int, int, int> labelAt) =>
        File(width, height, 8, PaletteColor, labelAt, ("PLTE", VocPalette()));

    /// <summary>Levels of grey of 16 bits.</summary>
    public static byte[] Grey16(int width, int height, Func<int, int, int> labelAt) =>
        File(width, height, 16, GreyColor, labelAt);

    /// <summary>Levels of grey of 8 bits or fewer.</summary>
    public static byte[] Grey(int width, int height, int depth, Func<int, int, int> labelAt) =>
        File(width, height, depth, GreyColor, labelAt);

    // Rows take turns in the five filters.
    private static byte[] File(
        int width,
        int height,
        int depth,
        byte color,
        Func<int, int, int> labelAt,
        params (string Type, byte[] Body)[] extra
    )
    {
        int step = Math.Max(1, depth / 8);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] above = new byte[((width * depth) + 7) / 8];
            for (int y = 0; y < height; y++)
            {
                byte[] row = Row(width, depth, x => labelAt(x, y));
                zlib.WriteByte((byte)(y % 5));
                for (int i = 0; i < row.Length; i++)
                {
                    int left = i < step ? 0 : row[i - step];
                    int corner = i < step ? 0 : above[i - step];
                    int guess = (y % 5) switch
                    {
                        0 => 0,
                        1 => left,
                        2 => above[i],
                        3 => (left + above[i]) / 2,
                        _ => Nearest(left + above[i] - corner, left, above[i], corner),
                    };
                    zlib.WriteByte((byte)(row[i] - guess));
                }
                above = row;
            }
        }
        return PngBytes.Of(width, height, (byte)depth, color, [.. extra, ("IDAT", packed.ToArray()), ("IEND", [])]);
    }

    private static byte[] Row(int width, int depth, Func<int, int> labelAt)
    {
        byte[] row = new byte[((width * depth) + 7) / 8];
        for (int x = 0; x < width; x++)
        {
            if (depth == 16)
            {
                BinaryPrimitives.WriteUInt16BigEndian(row.AsSpan(2 * x), (ushort)labelAt(x));
            }
            else
            {
                row[x * depth / 8] |= (byte)(labelAt(x) << (8 - depth - (x * depth % 8)));
            }
        }
        return row;
    }

    private static int Nearest(int to, params int[] values) => values.MinBy(value => Math.Abs(to - value));

    // Bits of a label go in turn to red, green and blue, from the highest down.
    private static byte[] VocPalette()
    {
        byte[] palette = new byte[768];
        for (int label = 0; label < 256; label++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                palette[(3 * label) + (bit % 3)] |= (byte)(((label >> bit) & 1) << (7 - (bit / 3)));
            }
        }
        return palette;
    }
}
