using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data;

/// <summary>Pictures into batch arrays.</summary>
internal static class PixelArrays
{
    /// <summary>Writes a picture as one row [3, H, W] in [−1, 1], as <see cref="PixelTensors.ToTensor"/> does.</summary>
    public static void Write(RgbImage image, Span<float> row)
    {
        int plane = image.Width * image.Height;
        if (row.Length != plane * RgbImage.Channels)
        {
            throw new DatasetException(
                $"a sample is {image.Width}x{image.Height} pixels; the run trains {row.Length / RgbImage.Channels} pixels a picture"
            );
        }
        ReadOnlySpan<byte> pixels = image.Pixels;
        for (int i = 0; i < plane; i++)
        {
            row[i] = Level(pixels[RgbImage.Channels * i]);
            row[plane + i] = Level(pixels[RgbImage.Channels * i + 1]);
            row[2 * plane + i] = Level(pixels[RgbImage.Channels * i + 2]);
        }
    }

    private static float Level(byte value) => (2f * value / 255f) - 1f;
}
