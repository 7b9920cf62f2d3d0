namespace InstructDiffusion.Training.Scoring.Report;

/// <summary>How often which values are.</summary>
/// <param name="From">Lower end of the first bar.</param>
/// <param name="To">Upper end of the last bar.</param>
/// <param name="All">Values in each bar; the outermost bars hold what lies beyond, too.</param>
/// <param name="Kept">Those of pairs that are kept.</param>
internal sealed record ScoreHistogram(double From, double To, IReadOnlyList<int> All, IReadOnlyList<int> Kept)
{
    private const int Bars = 32;

    // Few scores that are far out (a picture that is nearly one of the gallery) must not press all others into one bar.
    private const double Tail = 0.005;

    /// <summary>Counts.</summary>
    /// <param name="values">At least one, finite, ascending.</param>
    /// <param name="kept">Those of pairs that are kept.</param>
    public static ScoreHistogram Of(IReadOnlyList<double> values, IEnumerable<double> kept)
    {
        double from = Quantile(values, Tail);
        double to = Quantile(values, 1 - Tail);
        if (!(to > from))
        {
            (from, to) = (from - 0.5, to + 0.5);
        }
        return new ScoreHistogram(from, to, Count(values, from, to), Count(kept, from, to));
    }

    /// <summary>The value below which a part of all lies, between neighbours in proportion.</summary>
    /// <param name="sorted">At least one, ascending.</param>
    /// <param name="part">0…1.</param>
    public static double Quantile(IReadOnlyList<double> sorted, double part)
    {
        double position = part * (sorted.Count - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (position - below));
    }

    private static int[] Count(IEnumerable<double> values, double from, double to)
    {
        int[] counts = new int[Bars];
        foreach (double value in values)
        {
            double bar = Math.Clamp((value - from) / (to - from) * Bars, 0, Bars - 1);
            counts[(int)bar]++;
        }
        return counts;
    }
}
