using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>A colour laid half over pixels.</summary>
internal static class ColorOverlay
{
    /// <summary>The picture with the pixels whose mask is not 0 half covered.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">Of the same size.</param>
    /// <param name="color">The colour.</param>
    /// <param name="roundsDown">Halves are dropped, as the authors' conversion to bytes does; else rounded up.</param>
    public static RgbImage Apply(RgbImage image, PixelPlane mask, NamedColor color, bool roundsDown)
    {
        byte[] pixels = image.Pixels.ToArray();
        int half = roundsDown ? 0 : 1;
        for (int i = 0; i < mask.Values.Length; i++)
        {
            if (mask.Values[i] != 0)
            {
                Span<byte> pixel = pixels.AsSpan(i * RgbImage.Channels, RgbImage.Channels);
                pixel[0] = (byte)((pixel[0] + color.Red + half) / 2);
                pixel[1] = (byte)((pixel[1] + color.Green + half) / 2);
                pixel[2] = (byte)((pixel[2] + color.Blue + half) / 2);
            }
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }
}
