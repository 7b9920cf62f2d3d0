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

    /// <summary>Square of the distance of a pixel from a colour.</summary>
    public static double SquareDistance(RgbImage image, int pixel, PaintColor color)
    {
        int at = pixel * RgbImage.Channels;
        ReadOnlySpan<byte> p = image.Pixels;
        return Square(p[at] - color.Red) + Square(p[at + 1] - color.Green) + Square(p[at + 2] - color.Blue);
    }

    private static double Square(double value) => value * value;
}
