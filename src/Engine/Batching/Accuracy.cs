namespace InstructDiffusion.Engine.Batching;

/// <summary>How predictions compare with what happened: actual over predicted, of the last few hundred. Thread-safe.</summary>
internal sealed class Accuracy
{
    private const int Kept = 256;

    private readonly Lock _lock = new();
    private readonly double[] _ratios = new double[Kept];
    private long _count;

    /// <summary>Notes one.</summary>
    /// <param name="ratio">Actual over predicted; 1 is exact.</param>
    public void Add(double ratio)
    {
        lock (_lock)
        {
            _ratios[_count++ % Kept] = ratio;
        }
    }

    /// <summary>The middle and the nearly worst ratio; null before the first.</summary>
    public PredictionError? Read()
    {
        double[] sorted;
        lock (_lock)
        {
            sorted = _ratios[..(int)Math.Min(_count, Kept)];
        }
        if (sorted.Length == 0)
        {
            return null;
        }
        Array.Sort(sorted);
        return new PredictionError(At(sorted, 0.05), At(sorted, 0.5), At(sorted, 0.95), sorted.Length);
    }

    private static double At(double[] sorted, double quantile) =>
        sorted[(int)Math.Round(quantile * (sorted.Length - 1))];
}

/// <summary>Actual time over predicted time: 1 is exact, 2 is twice as long as said.</summary>
/// <param name="P5">5 % were below.</param>
/// <param name="P50">Half were below.</param>
/// <param name="P95">95 % were below.</param>
/// <param name="Count">How many these are of.</param>
public readonly record struct PredictionError(double P5, double P50, double P95, int Count);
