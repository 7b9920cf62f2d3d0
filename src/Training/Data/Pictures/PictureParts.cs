using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Pictures;

/// <summary>Parts of pictures, and pictures turned round.</summary>
internal static class PictureParts
{
    /// <summary>A part of a picture, which lies inside it.</summary>
    public static RgbImage Crop(RgbImage image, int left, int top, int width, int height)
    {
        if (left == 0 && top == 0 && width == image.Width && height == image.Height)
        {
            return image;
        }
        var pixels = new byte[width * height * RgbImage.Channels];
        int stride = width * RgbImage.Channels;
        for (int y = 0; y < height; y++)
        {
            int from = ((top + y) * image.Width + left) * RgbImage.Channels;
            image.Pixels.Slice(from, stride).CopyTo(pixels.AsSpan(y * stride));
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Left and right exchanged.</summary>
    public static RgbImage Mirror(RgbImage image)
    {
        var pixels = new byte[image.Pixels.Length];
        int stride = image.Width * RgbImage.Channels;
        for (int from = 0; from < pixels.Length; from += RgbImage.Channels)
        {
            int column = from % stride;
            int to = from - column + (stride - RgbImage.Channels - column);
            image.Pixels.Slice(from, RgbImage.Channels).CopyTo(pixels.AsSpan(to));
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }

    /// <summary>One colour everywhere.</summary>
    public static RgbImage Plain(int width, int height, byte level)
    {
        var pixels = new byte[width * height * RgbImage.Channels];
        pixels.AsSpan().Fill(level);
        return new RgbImage(width, height, pixels);
    }
}
