using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Tests.Construction.Web;

/// <summary>Pictures that are as different from one another as photographs are: many broad waves each.</summary>
internal static class Scenes
{
    public static RgbImage Of(int seed, int width = 96, int height = 72)
    {
        var random = new Random(seed);
        (double X, double Y, double Phase, double Red, double Green, double Blue)[] waves =
        [
            .. Enumerable
                .Range(0, 30)
                .Select(_ =>
                    (
                        random.Next(-7, 8),
                        random.Next(-7, 8),
                        random.NextDouble() * 6.28,
                        random.NextDouble(),
                        random.NextDouble(),
                        random.NextDouble()
                    )
                ),
        ];
        var pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
        {
            double x = (double)(i % width) / width;
            double y = (double)(i / width) / height;
            (double red, double green, double blue) = (128, 128, 128);
            foreach ((double fx, double fy, double phase, double r, double g, double b) in waves)
            {
                double wave = 20 * Math.Cos((6.28 * ((fx * x) + (fy * y))) + phase);
                (red, green, blue) = (red + (r * wave), green + (g * wave), blue + (b * wave));
            }
            pixels[3 * i] = ToByte(red);
            pixels[(3 * i) + 1] = ToByte(green);
            pixels[(3 * i) + 2] = ToByte(blue);
        }
        return new RgbImage(width, height, pixels);
    }

    /// <summary>The scene with a square painted over, which is what an edit is here.</summary>
    public static RgbImage Edited(RgbImage scene, int left, int top, int side, byte grey)
    {
        byte[] pixels = scene.Pixels.ToArray();
        for (int y = top; y < top + side; y++)
        {
            for (int x = left; x < left + side; x++)
            {
                pixels.AsSpan(((y * scene.Width) + x) * 3, 3).Fill(grey);
            }
        }
        return new RgbImage(scene.Width, scene.Height, pixels);
    }

    public static byte[] Png(RgbImage picture) => ImageCodec.Encode(picture, ImageFileFormat.Png);

    private static byte ToByte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
