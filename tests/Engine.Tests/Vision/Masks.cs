using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Engine.Tests.Vision;

/// <summary>Masks to test with, and what others make of what is told about them.</summary>
internal static class Masks
{
    /// <summary>Drawn with '#' for the pixels in the mask.</summary>
    public static PixelMask Of(params string[] rows) =>
        PixelMask.FromPixels([.. rows.SelectMany(row => row).Select(c => c == '#')], rows[0].Length);

    /// <summary>A mask of arbitrary size and pixels.</summary>
    public static (bool[] Pixels, int Width) Of(byte side, byte[] bytes)
    {
        int width = 1 + side % 12;
        int height = 1 + bytes.Length / width;
        return ([.. Enumerable.Range(0, width * height).Select(i => i < bytes.Length && (bytes[i] & 1) == 1)], width);
    }

    public static bool[] Pixels(this PixelMask mask) => [.. mask.ToGray().Select(gray => gray == 255)];

    /// <summary>COCO's uncompressed counts as pixels row by row, written from its description.</summary>
    public static bool[] Decode(int height, int width, IEnumerable<int> counts)
    {
        var pixels = new bool[height * width];
        int at = 0;
        bool isInside = false;
        foreach (int count in counts)
        {
            for (int i = 0; i < count; i++, at++)
            {
                pixels[at % height * width + at / height] = isInside;
            }
            isInside = !isInside;
        }
        Assert.Equal(pixels.Length, at);
        return pixels;
    }

    /// <summary>COCO's compressed counts, written from its description.</summary>
    public static List<int> Decompress(string text)
    {
        var counts = new List<int>();
        int value = 0;
        int shift = 0;
        foreach (char c in text)
        {
            int digit = c - '0';
            value |= (digit & 31) << shift;
            shift += 5;
            if ((digit & 32) != 0)
            {
                continue;
            }
            if ((digit & 16) != 0 && shift < 32)
            {
                value |= -1 << shift;
            }
            counts.Add(counts.Count > 2 ? value + counts[^2] : value);
            (value, shift) = (0, 0);
        }
        Assert.Equal(0, shift);
        return counts;
    }

    /// <summary>Whether a point lies inside polygons, by counting the outlines to its right.</summary>
    public static bool IsInside(IEnumerable<IReadOnlyList<int>> rings, double x, double y)
    {
        bool isInside = false;
        foreach (IReadOnlyList<int> ring in rings)
        {
            for (int i = 0; i < ring.Count; i += 2)
            {
                (double x1, double y1) = (ring[i], ring[i + 1]);
                (double x2, double y2) = (ring[(i + 2) % ring.Count], ring[(i + 3) % ring.Count]);
                if (y1 > y != y2 > y && x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
                {
                    isInside = !isInside;
                }
            }
        }
        return isInside;
    }
}
