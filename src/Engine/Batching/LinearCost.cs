namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Seconds as a line over the amount of work, learned from measurements: weighted least squares of the relative error, in which
/// old measurements fade and a single outlier moves the line little. Not thread-safe.
/// </summary>
internal sealed class LinearCost
{
    // A measurement counts half after about 35 others: a changed load shows within two edits of usual length.
    private const double Fading = 0.98;

    // A measurement further off than this is an outlier (a page fault storm, a neighbour on the machine), unless it repeats.
    private const double MostOff = 3;
    private const int Repeated = 4;

    // Pulls the constant part towards zero as long as all work had one size, and cannot be told from the proportional part.
    private const double Ridge = 1e-3;

    private double _first;
    private double _weight;
    private double _sumX;
    private double _sumXX;
    private double _sumY;
    private double _sumXY;
    private double _least = double.PositiveInfinity;
    private double _most;
    private int _offInARow;

    /// <summary>The line so far; <see cref="Line.Unknown"/> before anything was measured.</summary>
    public Line Line { get; private set; } = Line.Unknown;

    /// <summary>Learns that this amount of work took this long.</summary>
    /// <param name="amount">Above 0.</param>
    /// <param name="seconds">Not negative; clocks that stand still give 0.</param>
    public void Observe(double amount, double seconds)
    {
        double taken = Math.Max(seconds, Line.Least(amount));
        taken = WithoutOutlier(amount, taken);
        (_least, _most) = (Math.Min(_least, amount), Math.Max(_most, amount));
        // The error counts in parts of what an amount costs beside the first that was met: small work is fitted as well as
        // large, and a machine that becomes slower is believed as soon as one that becomes faster.
        _first = _first == 0 ? amount : _first;
        double unit = Line.IsKnown ? Line.At(amount) / Line.At(_first) : 1;
        (double one, double x, double y) = (1 / unit, amount / unit, taken / unit);
        _weight = _weight * Fading + one * one;
        _sumX = _sumX * Fading + one * x;
        _sumXX = _sumXX * Fading + x * x;
        _sumY = _sumY * Fading + one * y;
        _sumXY = _sumXY * Fading + x * y;
        Line = Solve();
    }

    private double WithoutOutlier(double amount, double seconds)
    {
        // Beyond what was measured so far the line is a guess, and nothing is off.
        if (amount < _least || amount > _most)
        {
            return seconds;
        }
        double expected = Line.At(amount);
        double within = Math.Clamp(seconds, expected / MostOff, expected * MostOff);
        _offInARow = within == seconds ? 0 : _offInARow + 1;
        return _offInARow > Repeated ? seconds : within;
    }

    private Line Solve()
    {
        double regular = _weight * (1 + Ridge);
        double determinant = regular * _sumXX - _sumX * _sumX;
        double constant = determinant > 0 ? (_sumY * _sumXX - _sumX * _sumXY) / determinant : 0;
        double slope = determinant > 0 ? (regular * _sumXY - _sumX * _sumY) / determinant : _sumXY / _sumXX;
        if (slope < 0)
        {
            return new Line(_sumY / _weight, 0);
        }
        return constant < 0 ? new Line(0, _sumXY / _sumXX) : new Line(constant, slope);
    }
}

/// <summary>A constant and a proportional part, in seconds.</summary>
/// <param name="Constant">Seconds of no work.</param>
/// <param name="Slope">Seconds more for each unit.</param>
internal readonly record struct Line(double Constant, double Slope)
{
    // A clock that does not move must not make work free: shares are kept by cost.
    private const double LeastSlope = 1e-12;

    /// <summary>What stands for a line before anything was measured: a second for a row of 1024 x 1024, the right order for a small GPU.</summary>
    public static Line Unknown { get; } = new(0, 1.0 / (1024 * 1024)) { IsKnown = false };

    /// <summary>False for <see cref="Unknown"/>.</summary>
    public bool IsKnown { get; init; } = true;

    /// <summary>Seconds for an amount of work, above 0.</summary>
    public double At(double amount) => Math.Max(Constant + Slope * amount, Least(amount));

    /// <summary>The least that an amount of work counts.</summary>
    public static double Least(double amount) => LeastSlope * amount;
}
