using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Vision;

/// <summary>
/// Brings a soft mask to another size and cuts it at one half, row by row from the top. Integers throughout: the result is the same
/// everywhere. Time grows with the pixels of the result that are near the mask, memory with a few of its rows.
/// </summary>
internal sealed class MaskScaler
{
    // Sums of bytes times weights keep 22 of their 30 bits between the passes.
    private const int DroppedBits = 8;
    private const int KeptBits = ResizeKernel.PrecisionBits - DroppedBits;

    // 127.5, between "outside" and "inside", at the precision of both passes.
    private const long Half = 255L << (KeptBits + ResizeKernel.PrecisionBits - 1);

    private readonly byte[] _shares;
    private readonly int _width; // of the source
    private readonly ResizeKernel _horizontal;
    private readonly ResizeKernel _vertical;
    private readonly Dictionary<int, int[]?> _rows = []; // source rows at the new width that are in use; null: nothing in them
    private readonly Stack<int[]> _free = new();
    private readonly long[] _sums;

    public MaskScaler(byte[] shares, ImageSize from, ImageSize to)
    {
        _shares = shares;
        _width = from.Width;
        _horizontal = new ResizeKernel(ResizeFilter.Bilinear, from.Width, 0, from.Width, to.Width);
        _vertical = new ResizeKernel(ResizeFilter.Bilinear, from.Height, 0, from.Height, to.Height);
        _sums = new long[to.Width];
    }

    /// <summary>Adds a row's spans; rows are asked for from the top.</summary>
    public void FillRow(int y, List<PixelSpan> spans)
    {
        ReadOnlySpan<int> weights = _vertical.At(y, out int first);
        DropRowsAbove(first);
        Array.Clear(_sums);
        bool isEmpty = true;
        for (int i = 0; i < weights.Length; i++)
        {
            if (RowOf(first + i) is { } row)
            {
                isEmpty = false;
                Mix(_sums, row, weights[i]);
            }
        }
        if (!isEmpty)
        {
            Cut(_sums, spans);
        }
    }

    /// <summary>The source pixel that has most part in a pixel that is in the mask; it is in the mask itself.</summary>
    public int StrongestAt(int x, int y)
    {
        ReadOnlySpan<int> columns = _horizontal.At(x, out int left);
        ReadOnlySpan<int> rows = _vertical.At(y, out int top);
        int strongest = -1;
        long most = -1;
        for (int j = 0; j < rows.Length; j++)
        {
            for (int i = 0; i < columns.Length; i++)
            {
                int at = (top + j) * _width + left + i;
                long part = (long)rows[j] * columns[i];
                if (_shares[at] > byte.MaxValue / 2 && part > most)
                {
                    (strongest, most) = (at, part);
                }
            }
        }
        return strongest;
    }

    private static void Mix(long[] sums, int[] row, int weight)
    {
        for (int x = 0; x < sums.Length; x++)
        {
            sums[x] += (long)row[x] * weight;
        }
    }

    private static void Cut(long[] sums, List<PixelSpan> spans)
    {
        int start = -1;
        for (int x = 0; x < sums.Length; x++)
        {
            bool isInside = sums[x] > Half;
            if (isInside && start < 0)
            {
                start = x;
            }
            else if (!isInside && start >= 0)
            {
                spans.Add(new PixelSpan(start, x));
                start = -1;
            }
        }
        if (start >= 0)
        {
            spans.Add(new PixelSpan(start, sums.Length));
        }
    }

    private int[]? RowOf(int sourceRow)
    {
        if (_rows.TryGetValue(sourceRow, out int[]? known))
        {
            return known;
        }
        ReadOnlySpan<byte> source = _shares.AsSpan(sourceRow * _width, _width);
        int[]? row = null;
        if (source.ContainsAnyExcept((byte)0))
        {
            row = _free.TryPop(out int[]? used) ? used : new int[_sums.Length];
            for (int x = 0; x < row.Length; x++)
            {
                ReadOnlySpan<int> weights = _horizontal.At(x, out int first);
                int sum = 0;
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += source[first + i] * weights[i];
                }
                row[x] = sum >> DroppedBits;
            }
        }
        _rows[sourceRow] = row;
        return row;
    }

    private void DropRowsAbove(int first)
    {
        foreach (int row in _rows.Keys.Where(row => row < first).ToArray())
        {
            if (_rows.Remove(row, out int[]? used) && used is not null)
            {
                _free.Push(used);
            }
        }
    }
}
