namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>
/// IoU summed up by class. <see cref="MeanOfClasses"/> is mcIoU: the mean over classes of the sum of a class's intersections over the sum of
/// its unions (specification 6.3). <see cref="Cumulative"/> is cIoU: of all together (6.2).
/// </summary>
internal sealed class ClassOverlaps
{
    private readonly SortedDictionary<string, (double Intersection, double Union)> _sums = new(StringComparer.Ordinal);

    /// <summary>Classes met.</summary>
    public int Classes => _sums.Count;

    /// <summary>Adds a picture's overlap.</summary>
    /// <param name="name">Of the class.</param>
    /// <param name="intersection">Pixels of both.</param>
    /// <param name="union">Pixels of either.</param>
    public void Add(string name, double intersection, double union)
    {
        (double Intersection, double Union) sum = _sums.GetValueOrDefault(name);
        _sums[name] = (sum.Intersection + intersection, sum.Union + union);
    }

    /// <summary>mcIoU, 0…1; NaN without a class that has a pixel anywhere.</summary>
    public double MeanOfClasses
    {
        get
        {
            double[] classes =
            [
                .. _sums.Values.Where(sum => sum.Union > 0).Select(sum => sum.Intersection / sum.Union),
            ];
            return classes.Length == 0 ? double.NaN : classes.Average();
        }
    }

    /// <summary>cIoU, 0…1; NaN without a pixel.</summary>
    public double Cumulative => _sums.Values.Sum(sum => sum.Intersection) / _sums.Values.Sum(sum => sum.Union);
}
