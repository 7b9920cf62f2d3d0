namespace InstructDiffusion.Engine.Vision;

/// <summary>
/// An immutable set of a picture's pixels, kept as the spans of its rows: a mask of tens of megapixels takes memory and time by the
/// length of its outline, not by its area.
/// </summary>
public sealed class PixelMask
{
    private readonly PixelSpan[] _spans;
    private readonly int[] _first; // of each row, one entry more than rows

    private PixelMask(int width, int height, PixelSpan[] spans, int[] first)
    {
        Width = width;
        Height = height;
        _spans = spans;
        _first = first;
    }

    /// <summary>Pixels a row of the picture.</summary>
    public int Width { get; }

    /// <summary>Rows of the picture.</summary>
    public int Height { get; }

    /// <summary>How many pixels are in it.</summary>
    public long Area => _spans.Sum(span => (long)span.Length);

    /// <summary>The smallest box around them; null when there are none.</summary>
    public PixelBox? Box
    {
        get
        {
            PixelBox? box = null;
            for (int y = 0; y < Height; y++)
            {
                foreach (PixelSpan span in Row(y))
                {
                    var own = PixelBox.Of(span, y);
                    box = box?.Around(own) ?? own;
                }
            }
            return box;
        }
    }

    /// <summary>Number of spans in all rows.</summary>
    internal int SpanCount => _spans.Length;

    /// <summary>A mask without pixels.</summary>
    public static PixelMask Empty(int width, int height) => FromRows(width, height, (_, _) => { });

    /// <summary>The pixels that are true.</summary>
    /// <param name="pixels">One entry a pixel, row by row.</param>
    /// <param name="width">Pixels a row.</param>
    /// <exception cref="ArgumentException">No whole rows.</exception>
    public static PixelMask FromPixels(ReadOnlySpan<bool> pixels, int width)
    {
        if (width < 1 || pixels.Length == 0 || pixels.Length % width != 0)
        {
            throw new ArgumentException($"pixels: {pixels.Length} are no rows of {width}", nameof(pixels));
        }
        bool[] all = pixels.ToArray();
        return FromRows(
            width,
            all.Length / width,
            (y, row) =>
            {
                int from = y * width;
                int x = 0;
                while (x < width)
                {
                    if (!all[from + x])
                    {
                        x++;
                        continue;
                    }
                    int start = x;
                    while (x < width && all[from + x])
                    {
                        x++;
                    }
                    row.Add(new PixelSpan(start, x));
                }
            }
        );
    }

    /// <summary>The spans of a row, from left to right, with a gap between any two.</summary>
    public ReadOnlySpan<PixelSpan> Row(int y) => _spans.AsSpan(_first[y], _first[y + 1] - _first[y]);

    /// <summary>As a grey picture, row by row: 255 in the mask, 0 outside.</summary>
    public byte[] ToGray()
    {
        byte[] gray = new byte[checked(Width * Height)];
        for (int y = 0; y < Height; y++)
        {
            foreach (PixelSpan span in Row(y))
            {
                gray.AsSpan(y * Width + span.Start, span.Length).Fill(byte.MaxValue);
            }
        }
        return gray;
    }

    /// <summary>A mask made row by row.</summary>
    /// <param name="width">Pixels a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="fillRow">Adds the spans of a row to a list that is empty: from left to right, with gaps between them.</param>
    internal static PixelMask FromRows(int width, int height, Action<int, List<PixelSpan>> fillRow)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        var spans = new List<PixelSpan>();
        var row = new List<PixelSpan>();
        int[] first = new int[height + 1];
        for (int y = 0; y < height; y++)
        {
            row.Clear();
            fillRow(y, row);
            spans.AddRange(row);
            first[y + 1] = spans.Count;
        }
        return new PixelMask(width, height, [.. spans], first);
    }

    /// <summary>Index of a row's first span among all spans.</summary>
    internal int FirstSpan(int y) => _first[y];
}
