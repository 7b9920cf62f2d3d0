namespace InstructDiffusion.Engine.Vision;

/// <summary>Scores of a picture's pixels, summed over discs; running sums of the rows make a disc cost its height, not its area.</summary>
internal sealed class DiscScores
{
    private readonly double[] _scores;
    private readonly double[] _sums; // of each row, one entry more than pixels
    private readonly int _width;
    private readonly int _height;
    private readonly int _radius;
    private readonly int[] _halfWidths; // of the disc's rows, from −r to r

    public DiscScores(double[] scores, int width, int height, int radius)
    {
        _scores = scores;
        _width = width;
        _height = height;
        _radius = radius;
        _halfWidths = new int[2 * radius + 1];
        for (int dy = -radius; dy <= radius; dy++)
        {
            int widest = (int)Math.Sqrt(radius * radius + 1 - dy * dy);
            _halfWidths[dy + radius] = Math.Min(widest, radius);
        }
        _sums = new double[(width + 1) * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                _sums[y * (width + 1) + x + 1] = _sums[y * (width + 1) + x] + scores[y * width + x];
            }
        }
    }

    /// <summary>
    /// The pixel around which a disc has the largest sum; of equals the one with least of its disc in the picture, since a disc that
    /// is cut off by an edge lies in many whole ones; then the first.
    /// </summary>
    public (int X, int Y) FindBest()
    {
        const double Rounding = 1e-9;
        (int bestX, int bestY, double best, int bestPixels) = (0, 0, double.NegativeInfinity, 0);
        (int left, int top, int right, int bottom) = PaintedBox();
        // Elsewhere a disc holds no paint.
        for (int y = Math.Max(0, top - _radius); y <= Math.Min(_height - 1, bottom + _radius); y++)
        {
            for (int x = Math.Max(0, left - _radius); x <= Math.Min(_width - 1, right + _radius); x++)
            {
                double sum = SumAt(x, y);
                if (sum > best + Rounding || (sum > best - Rounding && PixelsAt(x, y) < bestPixels))
                {
                    (bestX, bestY, best, bestPixels) = (x, y, sum, PixelsAt(x, y));
                }
            }
        }
        return (bestX, bestY);
    }

    /// <summary>Sum over the part of a disc that lies in the picture.</summary>
    public double SumAt(int x, int y)
    {
        double sum = 0;
        for (int row = Math.Max(0, y - _radius); row <= Math.Min(_height - 1, y + _radius); row++)
        {
            (int left, int right) = SpanAt(x, row - y);
            int at = row * (_width + 1);
            sum += _sums[at + right + 1] - _sums[at + left];
        }
        return sum;
    }

    /// <summary>Pixels of that part.</summary>
    public int PixelsAt(int x, int y)
    {
        int pixels = 0;
        for (int row = Math.Max(0, y - _radius); row <= Math.Min(_height - 1, y + _radius); row++)
        {
            (int left, int right) = SpanAt(x, row - y);
            pixels += right - left + 1;
        }
        return pixels;
    }

    /// <summary>Sum over the pixels that are farther from a point than half a disc's radius and a pixel beyond its edge.</summary>
    public double SumFarFrom(int x, int y)
    {
        double reach = 1.5 * _radius + 1;
        double sum = 0;
        for (int row = 0; row < _height; row++)
        {
            double square = reach * reach - (double)(row - y) * (row - y);
            int at = row * (_width + 1);
            sum += _sums[at + _width] - _sums[at];
            if (square >= 0)
            {
                int half = (int)Math.Sqrt(square);
                sum -= _sums[at + Math.Min(_width, x + half + 1)] - _sums[at + Math.Max(0, x - half)];
            }
        }
        return sum;
    }

    /// <summary>Whether all of a disc lies in the picture.</summary>
    public bool IsWhole(int x, int y) => x >= _radius && y >= _radius && x < _width - _radius && y < _height - _radius;

    /// <summary>Centroid of the scores from <paramref name="least"/> up, in a disc and one pixel around it.</summary>
    public (double X, double Y) CentroidAround(int x, int y, double least)
    {
        (double sumX, double sumY, double sum) = (0, 0, 0);
        int reach = _radius + 1;
        for (int row = Math.Max(0, y - reach); row <= Math.Min(_height - 1, y + reach); row++)
        {
            for (int column = Math.Max(0, x - reach); column <= Math.Min(_width - 1, x + reach); column++)
            {
                double score = _scores[row * _width + column];
                bool isNear = (row - y) * (row - y) + (column - x) * (column - x) <= reach * reach + 1;
                if (isNear && score >= least)
                {
                    sumX += score * column;
                    sumY += score * row;
                    sum += score;
                }
            }
        }
        return sum > 0 ? (sumX / sum, sumY / sum) : (x, y);
    }

    private (int Left, int Top, int Right, int Bottom) PaintedBox()
    {
        (int left, int top, int right, int bottom) = (_width, _height, -1, -1);
        for (int y = 0; y < _height; y++)
        {
            ReadOnlySpan<double> row = _scores.AsSpan(y * _width, _width);
            int first = row.IndexOfAnyExcept(0.0);
            if (first >= 0)
            {
                left = Math.Min(left, first);
                right = Math.Max(right, row.LastIndexOfAnyExcept(0.0));
                top = Math.Min(top, y);
                bottom = y;
            }
        }
        return (left, top, right, bottom);
    }

    private (int Left, int Right) SpanAt(int x, int dy)
    {
        int half = _halfWidths[dy + _radius];
        return (Math.Max(0, x - half), Math.Min(_width - 1, x + half));
    }
}
