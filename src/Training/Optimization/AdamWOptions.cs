namespace InstructDiffusion.Training.Optimization;

/// <summary>The constants of AdamW (Loshchilov and Hutter 2019); the defaults are those of the paper's models.</summary>
public sealed record AdamWOptions
{
    /// <summary>Share of the old mean of the gradients that each step keeps, 0…1 (1 excluded).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Share of the old mean of their squares, 0…1 (1 excluded).</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the squares, above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decay of every weight at each step, as a multiple of the learning rate, at least 0.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Throws <see cref="ArgumentException"/> if a value is out of range.</summary>
    internal void Check()
    {
        Require(Beta1 is >= 0 and < 1, "beta1", "0 ≤ beta1 < 1", Beta1);
        Require(Beta2 is >= 0 and < 1, "beta2", "0 ≤ beta2 < 1", Beta2);
        Require(Epsilon > 0 && double.IsFinite(Epsilon), "epsilon", "above 0", Epsilon);
        Require(WeightDecay >= 0 && double.IsFinite(WeightDecay), "weight decay", "at least 0", WeightDecay);
    }

    private static void Require(bool holds, string name, string expected, double value)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name}: expected {expected}, got {value}", name);
        }
    }
}
