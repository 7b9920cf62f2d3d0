using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.TestSupport;

/// <summary>Pictures made by rule: the same every time, none taken from anywhere.</summary>
public static class TestImages
{
    /// <summary>Something like a photograph: a sky gradient, a sun, a hill, fine texture. No two regions are equal, so turns and flips show.</summary>
    public static RgbImage Photo(int width, int height, int seed = 0)
    {
        var pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (double r, double g, double b) = Scene((x + 0.5) / width, (y + 0.5) / height);
                double grain = 12 * (Hash(x, y, seed) - 0.5);
                int at = ((y * width) + x) * 3;
                pixels[at] = ToByte(r + grain);
                pixels[at + 1] = ToByte(g + grain);
                pixels[at + 2] = ToByte(b + grain);
            }
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>A smooth picture: what lossy formats keep almost exactly.</summary>
    public static RgbImage Gradient(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
        {
            pixels[3 * i] = (byte)(40 + (i % width * 160 / width));
            pixels[(3 * i) + 1] = (byte)(30 + (i / width * 190 / height));
            pixels[(3 * i) + 2] = 110;
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>One colour everywhere.</summary>
    public static RgbImage Plain(int width, int height, byte red, byte green, byte blue)
    {
        var pixels = new byte[width * height * 3];
        for (int i = 0; i < pixels.Length; i += 3)
        {
            (pixels[i], pixels[i + 1], pixels[i + 2]) = (red, green, blue);
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>Opacity falling from 255 at the left to 0 at the right, <c>width * height</c> bytes.</summary>
    public static byte[] FadingAlpha(int width, int height)
    {
        var alpha = new byte[width * height];
        for (int i = 0; i < alpha.Length; i++)
        {
            alpha[i] = (byte)(255 - (i % width * 255 / Math.Max(width - 1, 1)));
        }
        return alpha;
    }

    /// <summary>Largest difference of any channel of any pixel.</summary>
    public static int MaxDifference(RgbImage one, RgbImage other)
    {
        if (one.Width != other.Width || one.Height != other.Height)
        {
            throw new ArgumentException(
                $"{one.Width}x{one.Height} against {other.Width}x{other.Height}",
                nameof(other)
            );
        }
        int max = 0;
        for (int i = 0; i < one.Pixels.Length; i++)
        {
            max = Math.Max(max, Math.Abs(one.Pixels[i] - other.Pixels[i]));
        }
        return max;
    }

    private static (double R, double G, double B) Scene(double x, double y)
    {
        double hill = 0.62 + (0.12 * Math.Sin((5 * x) + 1)) + (0.03 * Math.Sin(31 * x));
        if (y > hill)
        {
            double shade = 1 - (0.6 * (y - hill));
            return (70 * shade, (150 * shade) + (20 * Math.Sin(90 * x)), 60 * shade);
        }
        double sun = Math.Sqrt(Math.Pow(x - 0.28, 2) + Math.Pow(y - 0.22, 2));
        return sun < 0.11 ? (255, 214, 96) : (110 + (120 * y), 160 + (60 * y), 235 - (60 * x));
    }

    private static double Hash(int x, int y, int seed)
    {
        unchecked
        {
            uint h = ((uint)x * 374761393u) + ((uint)y * 668265263u) + ((uint)seed * 2246822519u);
            h = (h ^ (h >> 13)) * 1274126177u;
            return (h ^ (h >> 16)) / (double)uint.MaxValue;
        }
    }

    private static byte ToByte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
