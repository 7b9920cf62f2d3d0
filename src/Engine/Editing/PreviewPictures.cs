using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// Pictures drawn by rule, on which the colours of latents are learned: gradients with rectangles in colours from all over the
/// cube, so that every direction of the latents that means a colour is seen.
/// </summary>
internal static class PreviewPictures
{
    private const int Count = 6;
    private const int ShapesEach = 12;

    /// <summary>The same pictures each time.</summary>
    /// <param name="side">Side in pixels.</param>
    public static IReadOnlyList<RgbImage> Draw(int side)
    {
        var random = new Random(20_240_601);
        return [.. Enumerable.Range(0, Count).Select(_ => DrawOne(side, random))];
    }

    private static RgbImage DrawOne(int side, Random random)
    {
        var pixels = new byte[side * side * RgbImage.Channels];
        byte[][] corners = [Color(random), Color(random), Color(random), Color(random)];
        Fill(
            pixels,
            side,
            0,
            0,
            side,
            side,
            (x, y, channel) => Blend(corners, x / (double)side, y / (double)side, channel)
        );
        for (int shape = 0; shape < ShapesEach; shape++)
        {
            int width = random.Next(side / 8, side / 2);
            int height = random.Next(side / 8, side / 2);
            byte[] color = Color(random);
            Fill(
                pixels,
                side,
                random.Next(side - width),
                random.Next(side - height),
                width,
                height,
                (_, _, channel) => color[channel]
            );
        }
        return new RgbImage(side, side, pixels);
    }

    private static void Fill(
        byte[] pixels,
        int side,
        int left,
        int top,
        int width,
        int height,
        Func<int, int, int, byte> level
    )
    {
        for (int y = top; y < top + height; y++)
        {
            for (int x = left; x < left + width; x++)
            {
                for (int channel = 0; channel < RgbImage.Channels; channel++)
                {
                    pixels[(((y * side) + x) * RgbImage.Channels) + channel] = level(x, y, channel);
                }
            }
        }
    }

    private static byte Blend(byte[][] corners, double right, double down, int channel)
    {
        double upper = (corners[0][channel] * (1 - right)) + (corners[1][channel] * right);
        double lower = (corners[2][channel] * (1 - right)) + (corners[3][channel] * right);
        return (byte)((upper * (1 - down)) + (lower * down));
    }

    private static byte[] Color(Random random)
    {
        var color = new byte[RgbImage.Channels];
        random.NextBytes(color);
        return color;
    }
}
