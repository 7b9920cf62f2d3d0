namespace InstructDiffusion.Training.Optimization;

/// <summary>One piece of a <see cref="LearningRateSchedule"/>: in a straight line up from Start to Max, then down to Min.</summary>
public sealed record LearningRateCycle
{
    /// <summary>Steps of the whole cycle, at least 1.</summary>
    public required long Length { get; init; }

    /// <summary>Steps from <see cref="Start"/> to <see cref="Max"/>; 0 begins at the way down.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Multiplier at step 0 of the warm-up.</summary>
    public double Start { get; init; } = 1e-6;

    /// <summary>
    /// Multiplier at the end of the warm-up. A linear way down starts at the beginning of the cycle all the same: after a long
    /// warm-up the rate drops a little (as the reference's does).
    /// </summary>
    public double Max { get; init; } = 1;

    /// <summary>Multiplier at the end of the cycle.</summary>
    public double Min { get; init; } = 1;

    /// <summary>The way down.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Linear;

    internal double MultiplierAt(long step)
    {
        if (step < WarmUpSteps)
        {
            return (Max - Start) / WarmUpSteps * step + Start;
        }
        return Decay == LearningRateDecay.Cosine
            ? Min + (Max - Min) * CosineShare(step)
            : Min + (Max - Min) * (Length - step) / Length;
    }

    // 1 where the warm-up ends, 0 where the cycle does; a cycle that is all warm-up ends at Min.
    private double CosineShare(long step) =>
        step >= Length ? 0 : 0.5 * (1 + Math.Cos(Math.PI * (step - WarmUpSteps) / (Length - WarmUpSteps)));
}
