namespace InstructDiffusion.Engine.Sampling;

/// <summary>How a sampler's timesteps are picked from the training timesteps 0…T−1 (Lin et al. 2024, table 2).</summary>
public enum TimestepSpacing
{
    /// <summary>Evenly from T−1 down to 0, both included.</summary>
    Linspace,

    /// <summary>Multiples of ⌊T/steps⌋ plus the schedule's offset; ends near 0 and leaves out the noisiest ones.</summary>
    Leading,

    /// <summary>Down from T−1 in strides of T/steps; leaves out the least noisy ones.</summary>
    Trailing,
}
