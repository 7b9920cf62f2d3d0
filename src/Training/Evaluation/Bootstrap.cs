using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>
/// Percentile intervals by resampling pictures with replacement (Efron 1979). Every figure of a task is resampled alike, so that
/// differences are between answers to the same pictures.
/// </summary>
/// <param name="seed">The same seed draws the same pictures.</param>
internal sealed class Bootstrap(long seed)
{
    private const int Resamples = 2000;
    private const double Tail = 0.025;

    /// <summary>A figure.</summary>
    /// <param name="pictures">One measurement a picture.</param>
    /// <returns>Null when no picture says anything.</returns>
    public Estimate? Of(IReadOnlyList<Measurement> pictures) => Resample([pictures], ratios => ratios[0]);

    /// <summary>How much larger one figure is than another of the same pictures.</summary>
    /// <exception cref="ArgumentException">Not as many pictures.</exception>
    public Estimate? Difference(IReadOnlyList<Measurement> pictures, IReadOnlyList<Measurement> others) =>
        others.Count == pictures.Count
            ? Resample([pictures, others], ratios => ratios[0] - ratios[1])
            : throw new ArgumentException(
                $"others: expected {pictures.Count} pictures, got {others.Count}",
                nameof(others)
            );

    private Estimate? Resample(IReadOnlyList<Measurement>[] series, Func<double[], double> statistic)
    {
        int count = series[0].Count;
        double value = statistic([.. series.Select(pictures => Ratio(pictures, Enumerable.Range(0, count)))]);
        if (!double.IsFinite(value))
        {
            return null;
        }
        var values = new List<double>(Resamples);
        int[] chosen = new int[count];
        for (int resample = 0; resample < Resamples; resample++)
        {
            var random = new CounterRandom(seed, RandomPurpose.Resampling, resample);
            for (int i = 0; i < count; i++)
            {
                chosen[i] = random.Next(count);
            }
            double drawn = statistic([.. series.Select(pictures => Ratio(pictures, chosen))]);
            if (double.IsFinite(drawn)) // a sample may miss all pictures that the figure is about
            {
                values.Add(drawn);
            }
        }
        values.Sort();
        return new Estimate(value, At(values, Tail), At(values, 1 - Tail));
    }

    private static double Ratio(IReadOnlyList<Measurement> pictures, IEnumerable<int> chosen)
    {
        (double numerator, double denominator) = (0, 0);
        foreach (int i in chosen)
        {
            numerator += pictures[i].Numerator;
            denominator += pictures[i].Denominator;
        }
        return numerator / denominator;
    }

    private static double At(List<double> sorted, double quantile)
    {
        double position = quantile * (sorted.Count - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
    }
}
