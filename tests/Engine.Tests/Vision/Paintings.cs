using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Engine.Tests.Vision;

/// <summary>Pictures painted as a model should.</summary>
internal static class Paintings
{
    /// <summary>Covers some pixels in part with a colour.</summary>
    public static RgbImage Cover(RgbImage image, PaintColor color, double opacity, Func<int, int, bool> where) =>
        Cover(image, color, (x, y) => where(x, y) ? opacity : 0);

    /// <summary>Covers each pixel with as much of a colour as is told.</summary>
    public static RgbImage Cover(RgbImage image, PaintColor color, Func<int, int, double> opacity)
    {
        byte[] pixels = image.Pixels.ToArray();
        byte[] paint = [color.Red, color.Green, color.Blue];
        for (int i = 0; i < pixels.Length; i++)
        {
            double part = opacity(i / 3 % image.Width, i / 3 / image.Width);
            pixels[i] = (byte)Math.Round(pixels[i] * (1 - part) + paint[i % 3] * part);
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }

    /// <summary>Some pixels of one picture, the others of another.</summary>
    public static RgbImage Combine(RgbImage one, RgbImage other, Func<int, int, bool> fromOne)
    {
        byte[] pixels = other.Pixels.ToArray();
        for (int i = 0; i < pixels.Length; i++)
        {
            if (fromOne(i / 3 % one.Width, i / 3 / one.Width))
            {
                pixels[i] = one.Pixels[i];
            }
        }
        return new RgbImage(one.Width, one.Height, pixels);
    }
}
