namespace InstructDiffusion.Training.Optimization;

/// <summary>One piece of a <see cref="LearningRateSchedule"/>: up from Start to Max, then down to Min, all in straight lines.</summary>
public sealed record LearningRateCycle
{
    /// <summary>Steps of the whole cycle, at least 1.</summary>
    public required long Length { get; init; }

    /// <summary>Steps from <see cref="Start"/> to <see cref="Max"/>; 0 begins at the way down.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Multiplier at step 0 of the warm-up.</summary>
    public double Start { get; init; } = 1e-6;

    /// <summary>
    /// Multiplier at the end of the warm-up, were it not for the way down, which starts at the beginning of the cycle: after a
    /// long warm-up the rate drops a little (as the reference's does).
    /// </summary>
    public double Max { get; init; } = 1;

    /// <summary>Multiplier at the end of the cycle.</summary>
    public double Min { get; init; } = 1;

    internal double MultiplierAt(long step) =>
        step < WarmUpSteps ? (Max - Start) / WarmUpSteps * step + Start : Min + (Max - Min) * (Length - step) / Length;
}
