using System.Globalization;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Measures pictures once, so that scenes can be drawn from the lists alone.</summary>
internal static class GlyphMeasure
{
    /// <summary>Opacity from which a pixel counts as visible, of 255.</summary>
    private const int VisibleAlpha = 16;

    /// <summary>Where a cut-out's visible part lies, and its colour.</summary>
    /// <exception cref="InvalidDataException">Nothing of it is visible.</exception>
    public static DemoGlyph Of(DemoGlyph glyph, DecodedImage image)
    {
        int width = image.Image.Width;
        byte[] alpha = image.Alpha ?? [.. Enumerable.Repeat((byte)255, width * image.Image.Height)];
        ReadOnlySpan<byte> pixels = image.Image.Pixels;
        (int left, int top, int right, int bottom) = (int.MaxValue, int.MaxValue, -1, -1);
        double weight = 0;
        double chroma = 0;
        Span<double> sum = stackalloc double[3];
        for (int i = 0; i < alpha.Length; i++)
        {
            if (alpha[i] < VisibleAlpha)
            {
                continue;
            }
            left = Math.Min(left, i % width);
            right = Math.Max(right, i % width);
            top = Math.Min(top, i / width);
            bottom = Math.Max(bottom, i / width);
            (byte red, byte green, byte blue) = (pixels[i * 3], pixels[i * 3 + 1], pixels[i * 3 + 2]);
            sum[0] += (double)alpha[i] * red;
            sum[1] += (double)alpha[i] * green;
            sum[2] += (double)alpha[i] * blue;
            chroma += alpha[i] * (Math.Max(red, Math.Max(green, blue)) - Math.Min(red, Math.Min(green, blue))) / 255.0;
            weight += alpha[i];
        }
        if (right < 0)
        {
            throw new InvalidDataException($"{glyph.File}: nothing of it is visible");
        }
        return glyph with
        {
            Left = left,
            Top = top,
            Width = right - left + 1,
            Height = bottom - top + 1,
            Mean = Hex(sum[0] / weight, sum[1] / weight, sum[2] / weight),
            Chroma = Math.Round(chroma / weight, 3),
        };
    }

    /// <summary>The mean colours of a photograph's parts; see <see cref="DemoPhotograph.Tones"/>.</summary>
    public static string TonesOf(RgbImage image)
    {
        RgbImage small = ImageResizer.Resize(
            image,
            new ImageSize(MeanColors.Cells, MeanColors.Cells),
            ResizeFilter.Bilinear
        );
        return Convert.ToHexStringLower(small.Pixels);
    }

    private static string Hex(double red, double green, double blue) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(int)Math.Round(red):x2}{(int)Math.Round(green):x2}{(int)Math.Round(blue):x2}"
        );
}
