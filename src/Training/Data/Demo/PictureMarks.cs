namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Overlays and discs, and where they go.</summary>
internal static class PictureMarks
{
    /// <summary>Mixes a colour into the pixels of an object.</summary>
    /// <param name="pixels">R G B bytes, changed in place.</param>
    /// <param name="alpha">Opacity of the object, one a pixel; pixels above one half are covered.</param>
    /// <param name="color">The colour.</param>
    /// <param name="opacity">Its part, 0…1.</param>
    public static void Overlay(Span<byte> pixels, ReadOnlySpan<float> alpha, NamedColor color, float opacity)
    {
        for (int i = 0; i < alpha.Length; i++)
        {
            if (alpha[i] > 0.5f)
            {
                pixels[i * 3] = Mix(pixels[i * 3], color.Red, opacity);
                pixels[i * 3 + 1] = Mix(pixels[i * 3 + 1], color.Green, opacity);
                pixels[i * 3 + 2] = Mix(pixels[i * 3 + 2], color.Blue, opacity);
            }
        }
    }

    /// <summary>Draws a filled disc of pixels with dx² + dy² ≤ r² + 1 (specification 4.3), cut off at the edges.</summary>
    public static void Disc(Span<byte> pixels, int side, int x, int y, int radius, NamedColor color)
    {
        for (int dy = -radius; dy <= radius; dy++)
        {
            for (int dx = -radius; dx <= radius; dx++)
            {
                bool isInside = x + dx >= 0 && x + dx < side && y + dy >= 0 && y + dy < side;
                if (isInside && dx * dx + dy * dy <= radius * radius + 1)
                {
                    int at = ((y + dy) * side + x + dx) * 3;
                    pixels[at] = color.Red;
                    pixels[at + 1] = color.Green;
                    pixels[at + 2] = color.Blue;
                }
            }
        }
    }

    /// <summary>
    /// The pixel where a part of an object lies: the middle of its box, or the mean of its outermost pixels on a side.
    /// </summary>
    /// <param name="alpha">Opacity of the object, with at least one pixel above 0.</param>
    /// <param name="side">The picture's side.</param>
    /// <param name="part">Which part.</param>
    public static (int X, int Y) PartOf(ReadOnlySpan<float> alpha, int side, ObjectPart part)
    {
        float threshold = 0.5f;
        (int left, int top, int right, int bottom) = BoxOf(alpha, side, threshold);
        if (right < left)
        {
            (left, top, right, bottom) = BoxOf(alpha, side, 0);
            threshold = 0;
        }
        // The outermost twelfth, so that one stray pixel does not decide.
        int marginX = (right - left) / 12;
        int marginY = (bottom - top) / 12;
        return part switch
        {
            ObjectPart.Top => (MeanOf(alpha, side, threshold, left, top, right, top + marginY).X, top),
            ObjectPart.Bottom => (MeanOf(alpha, side, threshold, left, bottom - marginY, right, bottom).X, bottom),
            ObjectPart.LeftEdge => (left, MeanOf(alpha, side, threshold, left, top, left + marginX, bottom).Y),
            ObjectPart.RightEdge => (right, MeanOf(alpha, side, threshold, right - marginX, top, right, bottom).Y),
            _ => ((left + right + 1) / 2, (top + bottom + 1) / 2),
        };
    }

    /// <summary>Turns left and right round, in place.</summary>
    public static void Mirror(Span<float> pixels, int side)
    {
        for (int y = 0; y < side; y++)
        {
            Span<float> row = pixels.Slice(y * side * 3, side * 3);
            for (int x = 0; x < side / 2; x++)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    int left = x * 3 + channel;
                    int right = (side - 1 - x) * 3 + channel;
                    (row[left], row[right]) = (row[right], row[left]);
                }
            }
        }
    }

    private static byte Mix(byte pixel, byte color, float opacity) =>
        (byte)(pixel * (1 - opacity) + color * opacity + 0.5f);

    private static (int Left, int Top, int Right, int Bottom) BoxOf(
        ReadOnlySpan<float> alpha,
        int side,
        float threshold
    )
    {
        (int left, int top, int right, int bottom) = (side, side, -1, -1);
        for (int i = 0; i < alpha.Length; i++)
        {
            if (alpha[i] > threshold)
            {
                left = Math.Min(left, i % side);
                right = Math.Max(right, i % side);
                top = Math.Min(top, i / side);
                bottom = Math.Max(bottom, i / side);
            }
        }
        return (left, top, right, bottom);
    }

    private static (int X, int Y) MeanOf(
        ReadOnlySpan<float> alpha,
        int side,
        float threshold,
        int left,
        int top,
        int right,
        int bottom
    )
    {
        (double x, double y, int count) = (0, 0, 0);
        for (int row = top; row <= bottom; row++)
        {
            for (int column = left; column <= right; column++)
            {
                if (alpha[row * side + column] > threshold)
                {
                    x += column;
                    y += row;
                    count++;
                }
            }
        }
        return ((int)(x / count + 0.5), (int)(y / count + 0.5));
    }
}
