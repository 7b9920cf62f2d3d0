namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>
/// What the learning-based models are taught of a picture: the premise is that pictures get better as their generator is trained.
/// </summary>
internal static class ProgressLabels
{
    /// <summary>N − 1 iterations that cut those of the pictures into N equal parts.</summary>
    /// <param name="iterations">Of the generated pictures; null for real ones.</param>
    /// <param name="classifiers">N, at least 1.</param>
    /// <exception cref="ScoringException">There are no two iterations to tell apart.</exception>
    public static IReadOnlyList<double> Thresholds(IReadOnlyCollection<double?> iterations, int classifiers)
    {
        (double first, double last) = RangeOf(iterations);
        return [.. Enumerable.Range(1, classifiers - 1).Select(i => first + ((last - first) * i / classifiers))];
    }

    /// <summary>MBC: one label a classifier. Real pictures are good for all of them, generated ones for the last one never.</summary>
    /// <param name="iteration">At which the picture was generated; null for a real one.</param>
    /// <param name="thresholds">N − 1 of them.</param>
    public static float[] Multiple(double? iteration, IReadOnlyList<double> thresholds) =>
        [
            .. thresholds.Select(threshold => iteration is null || iteration > threshold ? 1f : 0f),
            iteration is null ? 1f : 0f,
        ];

    /// <summary>Regression: 0 for the first iteration, growing evenly to 1 for the last one; 1 for real pictures.</summary>
    /// <param name="iteration">At which the picture was generated; null for a real one.</param>
    /// <param name="range">The first and the last iteration.</param>
    public static float Single(double? iteration, (double First, double Last) range) =>
        iteration is { } at ? (float)((at - range.First) / (range.Last - range.First)) : 1f;

    /// <summary>The first and the last iteration.</summary>
    /// <exception cref="ScoringException">They are the same, or there is none.</exception>
    public static (double First, double Last) RangeOf(IReadOnlyCollection<double?> iterations)
    {
        double first = iterations.Min() ?? double.NaN;
        double last = iterations.Max() ?? double.NaN;
        return last > first
            ? (first, last)
            : throw new ScoringException(
                "progress: needs generated pictures of at least two iterations, in folders named by their iteration"
            );
    }
}
