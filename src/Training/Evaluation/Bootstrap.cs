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
    public Estimate? Of(IReadOnlyList<Measurement> pictures) => Of(pictures.Count, chosen => Ratio(pictures, chosen));

    /// <summary>How much larger one figure is than another of the same pictures.</summary>
    /// <exception cref="ArgumentException">Not as many pictures.</exception>
    public Estimate? Difference(IReadOnlyList<Measurement> pictures, IReadOnlyList<Measurement> others) =>
        others.Count == pictures.Count
            ? Of(pictures.Count, chosen => Ratio(pictures, chosen) - Ratio(others, chosen))
            : throw new ArgumentException(
                $"others: expected {pictures.Count} pictures, got {others.Count}",
                nameof(others)
            );

    /// <summary>Any figure of pictures.</summary>
    /// <param name="count">How many pictures there are.</param>
    /// <param name="statistic">The figure of some of them, by number, some several times; NaN where they say nothing.</param>
    /// <returns>Null when they say nothing all together.</returns>
    public Estimate? Of(int count, Func<int[], double> statistic)
    {
        double value = statistic([.. Enumerable.Range(0, count)]);
        if (!double.IsFinite(value))
        {
            return null;
        }
        var values = new List<double>(Resamples);
        for (int resample = 0; resample < Resamples; resample++)
        {
            var random = new CounterRandom(seed, RandomPurpose.Resampling, resample);
            var chosen = new int[count];
            for (int i = 0; i < count; i++)
            {
                chosen[i] = random.Next(count);
            }
            double drawn = statistic(chosen);
            if (double.IsFinite(drawn)) // a sample may miss all pictures that the figure is about
            {
                values.Add(drawn);
            }
        }
        if (values.Count == 0)
        {
            return new Estimate(value, value, value);
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
