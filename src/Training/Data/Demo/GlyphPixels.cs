using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>The visible part of a cut-out with premultiplied colours, so that averaging never pulls in hidden ones.</summary>
internal sealed class GlyphPixels
{
    private GlyphPixels(int width, int height, float[] values)
    {
        Width = width;
        Height = height;
        Values = values;
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>R G B (0…255, times alpha) and alpha (0…1) per pixel, row by row.</summary>
    public float[] Values { get; }

    /// <exception cref="BrokenSampleException">The file does not hold the part that the list says.</exception>
    public static GlyphPixels Of(DecodedImage image, DemoGlyph glyph, string file)
    {
        RgbImage colors = image.Image;
        if (
            glyph.Left < 0
            || glyph.Top < 0
            || glyph.Left + glyph.Width > colors.Width
            || glyph.Top + glyph.Height > colors.Height
        )
        {
            throw new BrokenSampleException(
                $"{file}: {colors.Width}x{colors.Height}, but the list says that its visible part ends at "
                    + $"({glyph.Left + glyph.Width}, {glyph.Top + glyph.Height})"
            );
        }
        var values = new float[glyph.Width * glyph.Height * 4];
        ReadOnlySpan<byte> pixels = colors.Pixels;
        for (int y = 0, at = 0; y < glyph.Height; y++)
        {
            for (int x = 0; x < glyph.Width; x++, at += 4)
            {
                int from = (glyph.Top + y) * colors.Width + glyph.Left + x;
                float alpha = image.Alpha is { } opacity ? opacity[from] / 255f : 1;
                values[at] = pixels[from * 3] * alpha;
                values[at + 1] = pixels[from * 3 + 1] * alpha;
                values[at + 2] = pixels[from * 3 + 2] * alpha;
                values[at + 3] = alpha;
            }
        }
        return new GlyphPixels(glyph.Width, glyph.Height, values);
    }
}
