namespace InstructDiffusion.Engine.Vision;

/// <summary>Takes the speckle out of masks, and tells their pieces apart.</summary>
internal static class MaskCleaning
{
    /// <summary>3×3 median: each pixel becomes what most of its neighbours in the picture, itself included, are.</summary>
    public static bool[] Median(bool[] mask, int width, int height)
    {
        var result = new bool[mask.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                (int set, int all) = (0, 0);
                for (int row = Math.Max(0, y - 1); row <= Math.Min(height - 1, y + 1); row++)
                {
                    for (int column = Math.Max(0, x - 1); column <= Math.Min(width - 1, x + 1); column++)
                    {
                        set += mask[row * width + column] ? 1 : 0;
                        all++;
                    }
                }
                result[y * width + x] = 2 * set > all;
            }
        }
        return result;
    }

    /// <summary>Clears pieces (pixels joined at sides or corners) of fewer than <paramref name="least"/> pixels, in place.</summary>
    public static void DropSmall(bool[] mask, int width, int least)
    {
        var seen = new bool[mask.Length];
        var piece = new List<int>();
        for (int start = 0; start < mask.Length; start++)
        {
            if (mask[start] && !seen[start])
            {
                Collect(mask, width, start, seen, piece);
                if (piece.Count < least)
                {
                    piece.ForEach(pixel => mask[pixel] = false);
                }
            }
        }
    }

    /// <summary>The piece (pixels joined at sides or corners) of each pixel: 1 and up in the order of their first pixels, 0 outside.</summary>
    public static int[] Label(bool[] mask, int width, out int count)
    {
        var labels = new int[mask.Length];
        var seen = new bool[mask.Length];
        var piece = new List<int>();
        count = 0;
        for (int start = 0; start < mask.Length; start++)
        {
            if (mask[start] && !seen[start])
            {
                Collect(mask, width, start, seen, piece);
                count++;
                foreach (int pixel in piece)
                {
                    labels[pixel] = count;
                }
            }
        }
        return labels;
    }

    private static void Collect(bool[] mask, int width, int start, bool[] seen, List<int> piece)
    {
        piece.Clear();
        piece.Add(start);
        seen[start] = true;
        for (int next = 0; next < piece.Count; next++)
        {
            Visit(mask, width, piece[next], seen, piece);
        }
    }

    private static void Visit(bool[] mask, int width, int pixel, bool[] seen, List<int> piece)
    {
        int height = mask.Length / width;
        (int x, int y) = (pixel % width, pixel / width);
        for (int row = Math.Max(0, y - 1); row <= Math.Min(height - 1, y + 1); row++)
        {
            for (int column = Math.Max(0, x - 1); column <= Math.Min(width - 1, x + 1); column++)
            {
                int at = row * width + column;
                if (mask[at] && !seen[at])
                {
                    seen[at] = true;
                    piece.Add(at);
                }
            }
        }
    }
}
