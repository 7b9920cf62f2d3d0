namespace InstructDiffusion.Training.Data.Pictures;

/// <summary>One byte a pixel: a mask, 0 or 1.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Values">Row by row.</param>
internal sealed record PixelPlane(int Width, int Height, byte[] Values)
{
    /// <summary>A part of it, enlarged or reduced to a square by the nearest pixel, as Pillow does it.</summary>
    /// <param name="left">First column of the part.</param>
    /// <param name="top">First row.</param>
    /// <param name="side">Of the part, which is square and lies inside.</param>
    /// <param name="target">Side of the result.</param>
    public PixelPlane Square(int left, int top, int side, int target) =>
        new(target, target, [.. SquarePlaces(Width, left, top, side, target).Select(place => Values[place])]);

    /// <summary>For each pixel of such a square the place from which it is taken.</summary>
    /// <param name="width">Pixels a row of the whole; the rest as in <see cref="Square"/>.</param>
    /// <param name="left">First column of the part.</param>
    /// <param name="top">First row.</param>
    /// <param name="side">Of the part.</param>
    /// <param name="target">Side of the result.</param>
    public static int[] SquarePlaces(int width, int left, int top, int side, int target)
    {
        var places = new int[target * target];
        double scale = (double)side / target;
        for (int y = 0; y < target; y++)
        {
            int row = ((top + (int)((y + 0.5) * scale)) * width) + left;
            for (int x = 0; x < target; x++)
            {
                places[(y * target) + x] = row + (int)((x + 0.5) * scale);
            }
        }
        return places;
    }

    /// <summary>Left and right exchanged.</summary>
    public PixelPlane Mirror()
    {
        byte[] values = [.. Values];
        for (int y = 0; y < Height; y++)
        {
            values.AsSpan(y * Width, Width).Reverse();
        }
        return this with { Values = values };
    }
}
