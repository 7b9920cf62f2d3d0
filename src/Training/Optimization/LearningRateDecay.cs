namespace InstructDiffusion.Training.Optimization;

/// <summary>The shape of a <see cref="LearningRateCycle"/>'s way down.</summary>
public enum LearningRateDecay
{
    /// <summary>A straight line from the beginning of the cycle, the reference's.</summary>
    Linear,

    /// <summary>Half a cosine from the end of the warm-up.</summary>
    Cosine,
}
