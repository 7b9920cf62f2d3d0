using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Poses;

/// <summary>
/// Makes a sample's picture: each pixel is interpolated between four of the source's, black beyond its edges, without a filter against
/// aliasing, as OpenCV's <c>warpAffine</c> does (which rounds positions to 1/32 of a pixel; this does not).
/// </summary>
internal static class FrameWarp
{
    /// <summary>The part of a picture that a frame shows.</summary>
    public static RgbImage Apply(RgbImage picture, PoseFrame frame)
    {
        int side = frame.Resolution;
        var pixels = new byte[side * side * RgbImage.Channels];
        (double originX, double originY) = frame.ToPicture(0, 0);
        (double rightX, double rightY) = frame.ToPicture(1, 0);
        (double downX, double downY) = frame.ToPicture(0, 1);
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                double sourceX = originX + (x * (rightX - originX)) + (y * (downX - originX));
                double sourceY = originY + (x * (rightY - originY)) + (y * (downY - originY));
                Interpolate(picture, sourceX, sourceY, pixels.AsSpan((y * side + x) * RgbImage.Channels));
            }
        }
        return new RgbImage(side, side, pixels);
    }

    private static void Interpolate(RgbImage picture, double x, double y, Span<byte> pixel)
    {
        if (!(x > -1 && y > -1 && x < picture.Width && y < picture.Height))
        {
            return; // black
        }
        (int left, int top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        (double right, double bottom) = (x - left, y - top);
        (double red, double green, double blue) = (0, 0, 0);
        Add(left, top, (1 - right) * (1 - bottom));
        Add(left + 1, top, right * (1 - bottom));
        Add(left, top + 1, (1 - right) * bottom);
        Add(left + 1, top + 1, right * bottom);
        (pixel[0], pixel[1], pixel[2]) = ((byte)(red + 0.5), (byte)(green + 0.5), (byte)(blue + 0.5));

        void Add(int column, int row, double weight)
        {
            if (column >= 0 && row >= 0 && column < picture.Width && row < picture.Height)
            {
                ReadOnlySpan<byte> at = picture.Pixels.Slice((row * picture.Width + column) * RgbImage.Channels, 3);
                red += weight * at[0];
                green += weight * at[1];
                blue += weight * at[2];
            }
        }
    }
}
