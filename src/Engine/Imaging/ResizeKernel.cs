namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// The weights of one axis: for each output position the inputs it is mixed from, in fixed point. Follows Pillow's
/// <c>precompute_coeffs</c> and <c>normalize_coeffs_8bpc</c> (libImaging/Resample.c) operation by operation.
/// </summary>
internal sealed class ResizeKernel
{
    /// <summary>Bits behind the point: 32 less 8 for the pixel and 2 for sign and overshoot.</summary>
    public const int PrecisionBits = 32 - 8 - 2;

    private readonly int[] _first;
    private readonly int[] _count;
    private readonly int[] _weights;
    private readonly int _stride;

    /// <summary>Weights that map <paramref name="from"/>…<paramref name="to"/> of an axis onto another number of positions.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="inputSize">Positions of the input axis.</param>
    /// <param name="from">Where the mapped part begins.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="outputSize">Positions of the output axis.</param>
    public ResizeKernel(ResizeFilter filter, int inputSize, float from, float to, int outputSize)
    {
        double scale = (double)(to - from) / outputSize;
        double filterScale = Math.Max(scale, 1.0);
        double support = SupportOf(filter) * filterScale;
        double step = 1.0 / filterScale;
        _stride = ((int)Math.Ceiling(support) * 2) + 1;
        _first = new int[outputSize];
        _count = new int[outputSize];
        _weights = new int[checked(outputSize * _stride)];
        double[] exact = new double[_stride];
        for (int i = 0; i < outputSize; i++)
        {
            double center = from + ((i + 0.5) * scale);
            int first = Math.Max((int)(center - support + 0.5), 0);
            int count = Math.Min((int)(center + support + 0.5), inputSize) - first;
            double sum = 0;
            for (int j = 0; j < count; j++)
            {
                exact[j] = Evaluate(filter, (j + first - center + 0.5) * step);
                sum += exact[j];
            }
            for (int j = 0; j < count; j++)
            {
                double weight = sum == 0 ? exact[j] : exact[j] / sum;
                double scaled = weight * (1 << PrecisionBits);
                _weights[(i * _stride) + j] = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
            }
            _first[i] = first;
            _count[i] = count;
        }
    }

    /// <summary>The first input used by any output.</summary>
    public int Begin => _first[0];

    /// <summary>One behind the last input used by any output.</summary>
    public int End => _first[^1] + _count[^1];

    /// <summary>The first input of an output, and the weights of it and its successors.</summary>
    public ReadOnlySpan<int> At(int output, out int first)
    {
        first = _first[output];
        return _weights.AsSpan(output * _stride, _count[output]);
    }

    private static double SupportOf(ResizeFilter filter) =>
        filter switch
        {
            ResizeFilter.Bilinear => 1,
            ResizeFilter.Bicubic => 2,
            ResizeFilter.Lanczos3 => 3,
            _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "filter: unknown"),
        };

    private static double Evaluate(ResizeFilter filter, double x)
    {
        const double A = -0.5;
        if (filter == ResizeFilter.Lanczos3)
        {
            return x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0;
        }
        x = Math.Abs(x);
        if (filter == ResizeFilter.Bilinear)
        {
            return x < 1 ? 1 - x : 0;
        }
        return x switch
        {
            < 1 => ((((A + 2) * x) - (A + 3)) * x * x) + 1,
            < 2 => ((((x - 5) * x) + 8) * x - 4) * A,
            _ => 0,
        };
    }

    private static double Sinc(double x)
    {
        if (x == 0)
        {
            return 1;
        }
        x *= Math.PI;
        return Math.Sin(x) / x;
    }
}
