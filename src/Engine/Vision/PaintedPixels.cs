using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Vision;

/// <summary>What the read-outs of painted pictures have in common.</summary>
internal static class PaintedPixels
{
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static void RequireSameSize(RgbImage before, RgbImage painted)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(painted);
        if ((painted.Width, painted.Height) != (before.Width, before.Height))
        {
            throw new ArgumentException(
                $"painted: expected {before.Width}x{before.Height} as before, got {painted.Width}x{painted.Height}",
                nameof(painted)
            );
        }
    }

    /// <summary>‖O − S‖ of a pixel, 0…442.</summary>
    public static double Change(RgbImage before, RgbImage painted, int pixel)
    {
        int at = pixel * RgbImage.Channels;
        ReadOnlySpan<byte> b = before.Pixels;
        ReadOnlySpan<byte> p = painted.Pixels;
        return Math.Sqrt(Square(p[at] - b[at]) + Square(p[at + 1] - b[at + 1]) + Square(p[at + 2] - b[at + 2]));
    }

    /// <summary>α of a pixel: ⟨O − S, C − S⟩ / ‖C − S‖², not limited to 0…1; and ‖C − S‖.</summary>
    public static (double Alpha, double Distance) PaintAt(
        RgbImage before,
        RgbImage painted,
        int pixel,
        PaintColor color
    )
    {
        int at = pixel * RgbImage.Channels;
        ReadOnlySpan<byte> b = before.Pixels;
        ReadOnlySpan<byte> p = painted.Pixels;
        (double red, double green, double blue) = (color.Red - b[at], color.Green - b[at + 1], color.Blue - b[at + 2]);
        double along = (p[at] - b[at]) * red + (p[at + 1] - b[at + 1]) * green + (p[at + 2] - b[at + 2]) * blue;
        double square = Square(red) + Square(green) + Square(blue);
        return (along / Math.Max(square, 1), Math.Sqrt(square));
    }

    /// <summary>α of a pixel within 0…1, and how far the pixel is from that mixture of S and C.</summary>
    public static (double Alpha, double Distance) MixtureAt(
        RgbImage before,
        RgbImage painted,
        int pixel,
        PaintColor color
    )
    {
        double alpha = Math.Clamp(PaintAt(before, painted, pixel, color).Alpha, 0, 1);
        int at = pixel * RgbImage.Channels;
        ReadOnlySpan<byte> b = before.Pixels;
        ReadOnlySpan<byte> p = painted.Pixels;
        double red = b[at] + alpha * (color.Red - b[at]) - p[at];
        double green = b[at + 1] + alpha * (color.Green - b[at + 1]) - p[at + 1];
        double blue = b[at + 2] + alpha * (color.Blue - b[at + 2]) - p[at + 2];
        return (alpha, Math.Sqrt(Square(red) + Square(green) + Square(blue)));
    }

    private static double Square(double value) => value * value;
}
