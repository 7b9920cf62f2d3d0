using System.Globalization;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>OpenAI's <c>size</c>: how large the answer is.</summary>
internal static class OutputSize
{
    private const int Multiple = 16;
    private const int MostUneven = 3;

    /// <summary>Understands it.</summary>
    /// <param name="text">The value.</param>
    /// <param name="maxPixels">Most pixels.</param>
    /// <param name="maxSide">Longest side.</param>
    /// <param name="size">Null for <c>auto</c>.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Parse(string text, long maxPixels, int maxSide, out ImageSize? size)
    {
        size = null;
        if (text.Equals("auto", StringComparison.Ordinal))
        {
            return null;
        }
        string[] sides = text.Split('x');
        if (sides.Length != 2 || Side(sides[0]) is not { } width || Side(sides[1]) is not { } height)
        {
            return $"must be auto or a size such as 1024x1536, got '{EditForm.Shown(text)}'";
        }
        if (width == 0 || height == 0 || width % Multiple != 0 || height % Multiple != 0)
        {
            return $"must have sides that are multiples of {Multiple}, got '{text}'";
        }
        var exact = new ImageSize(width, height);
        if (Math.Max(width, height) > maxSide || exact.PixelCount > maxPixels)
        {
            return $"must not have more than {maxPixels} pixels or a side above {maxSide}, got '{text}'";
        }
        if (Math.Max(width, height) > (long)MostUneven * Math.Min(width, height))
        {
            return $"must not have a side more than {MostUneven} times the other, got '{text}'";
        }
        size = exact;
        return null;
    }

    /// <summary>Brings a picture to a size.</summary>
    public static RgbImage Apply(RgbImage image, ImageSize size, OutputResize how)
    {
        var source = new ImageSize(image.Width, image.Height);
        return how switch
        {
            _ when source == size => image,
            OutputResize.Stretch => ImageResizer.Resize(image, size, ResizeFilter.Lanczos3),
            OutputResize.Fit => new EditCanvas(source, size, CanvasPlacement.Pad).Place(image),
            _ => new EditCanvas(source, size, CanvasPlacement.Crop).Place(image),
        };
    }

    /// <summary>Brings the transparency of a picture to a size.</summary>
    public static byte[] Apply(byte[] alpha, RgbImage image, ImageSize size, OutputResize how)
    {
        // As a grey picture, so that it meets the colours' own fate.
        byte[] grey = new byte[alpha.Length * RgbImage.Channels];
        for (int i = 0; i < alpha.Length; i++)
        {
            grey.AsSpan(i * RgbImage.Channels, RgbImage.Channels).Fill(alpha[i]);
        }
        ReadOnlySpan<byte> resized = Apply(new RgbImage(image.Width, image.Height, grey), size, how).Pixels;
        byte[] result = new byte[size.PixelCount];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = resized[i * RgbImage.Channels];
        }
        return result;
    }

    private static int? Side(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int side) ? side : null;
}

/// <summary>How a picture is brought to a size of another aspect.</summary>
internal enum OutputResize
{
    /// <summary>Scaled to cover the size, and cut at the sides that stand out, evenly.</summary>
    Crop,

    /// <summary>Scaled to lie within the size, and mirrored into the rest.</summary>
    Fit,

    /// <summary>Scaled by each side.</summary>
    Stretch,
}
