using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Benchmarks;

/// <summary>A picture by rule, with the smooth, the textured and the sharp parts that a photograph has.</summary>
internal static class GeneratedPhotograph
{
    /// <summary>Sky above a ridge above a textured field; the same every time.</summary>
    public static RgbImage Of(ImageSize size)
    {
        var pixels = new byte[checked((int)size.PixelCount * RgbImage.Channels)];
        for (int y = 0; y < size.Height; y++)
        {
            for (int x = 0; x < size.Width; x++)
            {
                double across = (double)x / size.Width;
                double down = (double)y / size.Height;
                bool sky = down < 0.55 + (0.1 * Math.Sin(7 * across));
                double texture = sky ? 0 : 30 * Math.Sin(x * 1.3) * Math.Sin(y * 0.9);
                int at = ((y * size.Width) + x) * RgbImage.Channels;
                pixels[at] = (byte)(sky ? 90 + (120 * down) : 80 + texture);
                pixels[at + 1] = (byte)(sky ? 140 + (80 * down) : 130 + texture);
                pixels[at + 2] = (byte)(sky ? 230 - (60 * across) : 60 + texture);
            }
        }
        return new RgbImage(size.Width, size.Height, pixels);
    }
}
