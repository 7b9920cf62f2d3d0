namespace InstructDiffusion.Training.Optimization;

/// <summary>
/// What the base learning rate is multiplied by at each step (ldm/lr_scheduler.py, LambdaLinearScheduler): cycles of a linear
/// warm-up and a linear or cosine decay. A pure function of the step, so that training goes on from a checkpoint as if it had not stopped.
/// </summary>
public sealed class LearningRateSchedule
{
    private readonly LearningRateCycle[] _cycles;

    /// <summary>These cycles one after another.</summary>
    /// <exception cref="ArgumentException">No cycle, or one with a value out of range.</exception>
    public LearningRateSchedule(params IReadOnlyList<LearningRateCycle> cycles)
    {
        ArgumentNullException.ThrowIfNull(cycles);
        if (cycles.Count == 0)
        {
            throw new ArgumentException("cycles: expected at least one", nameof(cycles));
        }
        foreach (LearningRateCycle cycle in cycles)
        {
            if (cycle.Length < 1 || cycle.WarmUpSteps < 0 || cycle.WarmUpSteps > cycle.Length)
            {
                throw new ArgumentException(
                    $"cycles: expected 0 ≤ warm-up ≤ length and length ≥ 1, got {cycle.WarmUpSteps} and {cycle.Length}",
                    nameof(cycles)
                );
            }
            double[] multipliers = [cycle.Start, cycle.Max, cycle.Min];
            if (!multipliers.All(multiplier => multiplier >= 0 && double.IsFinite(multiplier)))
            {
                throw new ArgumentException(
                    $"cycles: multipliers must be finite and ≥ 0, got {string.Join(", ", multipliers)}",
                    nameof(cycles)
                );
            }
        }
        _cycles = [.. cycles];
    }

    /// <summary>The base rate throughout: how the paper's models were trained.</summary>
    public static LearningRateSchedule Constant { get; } = new(new LearningRateCycle { Length = long.MaxValue });

    /// <summary>Up in a straight line, then the base rate throughout.</summary>
    /// <param name="warmUpSteps">Steps from 0 to the base rate.</param>
    /// <exception cref="ArgumentException">Negative.</exception>
    public static LearningRateSchedule WarmUp(long warmUpSteps) =>
        new(
            new LearningRateCycle
            {
                Length = long.MaxValue,
                WarmUpSteps = warmUpSteps,
                Start = 0,
            }
        );

    /// <summary>Up in a straight line, then down along half a cosine (Loshchilov and Hutter 2017, without restarts).</summary>
    /// <param name="steps">Steps of the whole, at least 1; the end holds afterwards.</param>
    /// <param name="warmUpSteps">Steps from 0 to the base rate, at most <paramref name="steps"/>.</param>
    /// <param name="end">Multiplier at the end, at least 0.</param>
    /// <exception cref="ArgumentException">A value out of range.</exception>
    public static LearningRateSchedule Cosine(long steps, long warmUpSteps, double end) =>
        new(
            new LearningRateCycle
            {
                Length = steps,
                WarmUpSteps = warmUpSteps,
                Start = 0,
                Min = end,
                Decay = LearningRateDecay.Cosine,
            }
        );

    /// <summary>Up in a straight line, the base rate, then down along half a cosine in the last steps (Hu et al. 2024, section 4).</summary>
    /// <param name="steps">Steps of the whole; the end holds afterwards.</param>
    /// <param name="warmUpSteps">Steps from 0 to the base rate.</param>
    /// <param name="decaySteps">Last steps, in which the rate falls; at least 1.</param>
    /// <param name="end">Multiplier at the end, at least 0.</param>
    /// <exception cref="ArgumentException">A value out of range, or warm-up and decay longer than the whole.</exception>
    public static LearningRateSchedule Hold(long steps, long warmUpSteps, long decaySteps, double end) =>
        new(
            new LearningRateCycle
            {
                Length = steps - decaySteps,
                WarmUpSteps = warmUpSteps,
                Start = 0,
            },
            new LearningRateCycle
            {
                Length = decaySteps,
                Min = end,
                Decay = LearningRateDecay.Cosine,
            }
        );

    /// <summary>The multiplier of a step. The step at which two cycles meet is the first one's; after the last cycle its end holds.</summary>
    /// <param name="step">Steps of the optimizer made before, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public double MultiplierAt(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        long inCycle = step;
        foreach (LearningRateCycle cycle in _cycles)
        {
            if (inCycle <= cycle.Length)
            {
                return cycle.MultiplierAt(inCycle);
            }
            inCycle -= cycle.Length;
        }
        return _cycles[^1].Min;
    }
}
