using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Tests;

/// <summary>Small pictures to send.</summary>
internal static class Pictures
{
    /// <summary>A gradient, so that a mistake in the order of pixels or channels shows.</summary>
    public static RgbImage Gradient(int width = 12, int height = 8)
    {
        byte[] pixels = new byte[width * height * RgbImage.Channels];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)(i * 7);
        }
        return new RgbImage(width, height, pixels);
    }

    public static byte[] Png(RgbImage image, byte[]? alpha = null) =>
        ImageCodec.Encode(image, ImageFileFormat.Png, alpha: alpha);

    public static byte[] Jpeg(RgbImage image) => ImageCodec.Encode(image, ImageFileFormat.Jpeg);
}
