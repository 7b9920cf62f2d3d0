using System.Numerics;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Construction.Web.Pictures;

/// <summary>
/// A picture's coarse structure in 64 bits: the lowest frequencies of a 32x32 discrete cosine transform of its brightness, each above
/// or below their median. Pictures that differ by size, compression or slight changes differ in few bits; unrelated ones in about 32.
/// </summary>
internal static class PerceptualHash
{
    private const int Side = 32;
    private const int Low = 8;

    // Row k, column x: cos((2x + 1)(k + 1)π / 2·32); frequency 0, the mean of a line, says nothing and is left out.
    private static readonly double[] _cosines = Cosines();

    /// <summary>The hash.</summary>
    public static ulong Of(RgbImage picture)
    {
        RgbImage small = ImageResizer.Resize(picture, new ImageSize(Side, Side), ResizeFilter.Bilinear);
        Span<double> rows = stackalloc double[Side * Low]; // [pixel row, horizontal frequency]
        for (int y = 0; y < Side; y++)
        {
            for (int k = 0; k < Low; k++)
            {
                double sum = 0;
                for (int x = 0; x < Side; x++)
                {
                    sum += _cosines[(k * Side) + x] * Brightness(small, x, y);
                }
                rows[(y * Low) + k] = sum;
            }
        }
        Span<double> low = stackalloc double[Low * Low];
        for (int i = 0; i < Low; i++)
        {
            for (int k = 0; k < Low; k++)
            {
                double sum = 0;
                for (int y = 0; y < Side; y++)
                {
                    sum += _cosines[(i * Side) + y] * rows[(y * Low) + k];
                }
                low[(i * Low) + k] = sum;
            }
        }
        return AboveMedian(low);
    }

    /// <summary>Bits in which two hashes differ, 0…64.</summary>
    public static int Distance(ulong one, ulong other) => BitOperations.PopCount(one ^ other);

    private static ulong AboveMedian(ReadOnlySpan<double> values)
    {
        Span<double> sorted = stackalloc double[values.Length];
        values.CopyTo(sorted);
        sorted.Sort();
        double median = (sorted[(values.Length / 2) - 1] + sorted[values.Length / 2]) / 2;
        ulong hash = 0;
        for (int i = 0; i < values.Length; i++)
        {
            hash |= values[i] > median ? 1UL << i : 0;
        }
        return hash;
    }

    // ITU-R BT.601.
    private static double Brightness(RgbImage picture, int x, int y)
    {
        ReadOnlySpan<byte> pixel = picture.Pixels.Slice(((y * picture.Width) + x) * RgbImage.Channels);
        return (0.299 * pixel[0]) + (0.587 * pixel[1]) + (0.114 * pixel[2]);
    }

    private static double[] Cosines()
    {
        var table = new double[Low * Side];
        for (int k = 0; k < Low; k++)
        {
            for (int x = 0; x < Side; x++)
            {
                table[(k * Side) + x] = Math.Cos(((2 * x) + 1) * (k + 1) * Math.PI / (2 * Side));
            }
        }
        return table;
    }
}
