namespace InstructDiffusion.Training.Reporting;

/// <summary>One axis of a plot: from values to pixels, and where its ticks stand.</summary>
internal sealed class CurveAxis
{
    /// <summary>About as many ticks as are read with ease.</summary>
    private const int WantedTicks = 6;

    private readonly double _low;
    private readonly double _high;
    private readonly double _first;
    private readonly double _last;
    private readonly bool _isLogarithmic;

    /// <param name="values">What is to be shown; what a logarithm cannot show is left out on a logarithmic axis.</param>
    /// <param name="first">The pixel of the axis's low end.</param>
    /// <param name="last">The pixel of its high end.</param>
    /// <param name="isLogarithmic">Equal factors have equal lengths.</param>
    public CurveAxis(IEnumerable<double> values, double first, double last, bool isLogarithmic)
    {
        (_first, _last, _isLogarithmic) = (first, last, isLogarithmic);
        double[] shown = [.. values.Select(Scaled).Where(double.IsFinite)];
        (double low, double high) = shown.Length == 0 ? (0, 1) : (shown.Min(), shown.Max());
        // A single value, or one to within rounding, has no extent of its own.
        double room =
            high - low > 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high)) ? 0 : Math.Max(Math.Abs(low) / 2, 0.5);
        (_low, _high) = (low - room, high + room);
        Ticks = isLogarithmic ? LogarithmicTicks() : EvenTicks(_low, _high);
    }

    /// <summary>Round values within the axis, rising.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>The pixel of a value; NaN for one that cannot be shown.</summary>
    public double Pixel(double value)
    {
        double scaled = Scaled(value);
        return double.IsFinite(scaled) ? _first + ((scaled - _low) / (_high - _low) * (_last - _first)) : double.NaN;
    }

    /// <summary>As many digits as tell ticks apart: <c>0.05</c>, <c>20k</c>, <c>1e-5</c>.</summary>
    public static string Text(double tick) =>
        Math.Abs(tick) switch
        {
            0 => "0",
            >= 1e6 and < 1e15 => $"{tick / 1e6:0.######}M",
            >= 1e4 and < 1e6 => $"{tick / 1e3:0.######}k",
            >= 1e-3 and < 1e4 => $"{tick:0.######}",
            _ => $"{tick:0.###e+0}",
        };

    private double Scaled(double value) =>
        !_isLogarithmic ? value
        : value > 0 ? Math.Log10(value)
        : double.NaN;

    /// <summary>Multiples of 1, 2 or 5 times a power of ten.</summary>
    private static List<double> EvenTicks(double low, double high)
    {
        double rough = (high - low) / WantedTicks;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step =
            power
            * (
                (rough / power) switch
                {
                    <= 1 => 1,
                    <= 2 => 2,
                    <= 5 => 5,
                    _ => 10,
                }
            );
        var ticks = new List<double>();
        for (double n = Math.Ceiling((low / step) - 1e-9); n * step <= high + (1e-9 * step); n++)
        {
            ticks.Add(n * step);
        }
        return ticks;
    }

    /// <summary>1, 2 and 5 times powers of ten, or those powers alone where the axis spans many of them.</summary>
    private List<double> LogarithmicTicks()
    {
        double[] multiples = _high - _low > WantedTicks / 3.0 ? [1] : [1, 2, 5];
        var ticks = new List<double>();
        for (double exponent = Math.Floor(_low); exponent <= _high; exponent++)
        {
            ticks.AddRange(
                multiples
                    .Select(multiple => multiple * Math.Pow(10, exponent))
                    .Where(tick => Math.Log10(tick) >= _low - 1e-9 && Math.Log10(tick) <= _high + 1e-9)
            );
        }
        return ticks;
    }
}
