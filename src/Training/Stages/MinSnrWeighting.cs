using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Training.Stages;

/// <summary>
/// Weights of the timesteps in the loss that keep easy ones from ruling: the error of the predicted x₀ counts min(SNR, γ) times
/// (Hang et al. 2023, "Efficient Diffusion Training via Min-SNR Weighting", §3.4).
/// </summary>
/// <remarks>
/// In terms of the noise that is min(SNR, γ)/SNR, in terms of the velocity min(SNR, γ)/(SNR + 1), in terms of x₀ as it is. The reference code multiplies by
/// min(SNR, γ) once more, and never uses it.
/// </remarks>
public sealed class MinSnrWeighting
{
    private readonly double[] _weights;

    /// <summary>The weights of every timestep of a schedule.</summary>
    /// <param name="schedule">The model's noise schedule.</param>
    /// <param name="gamma">γ, above 0; the paper has 5.</param>
    /// <exception cref="ArgumentOutOfRangeException">γ is not a positive number.</exception>
    public MinSnrWeighting(NoiseSchedule schedule, double gamma)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        if (!(gamma > 0 && double.IsFinite(gamma)))
        {
            throw new ArgumentOutOfRangeException(nameof(gamma), $"gamma: expected above 0, got {gamma}");
        }
        _weights =
        [
            .. schedule.Exact.AlphasCumprod.Select(alpha =>
                Weight(alpha / (1 - alpha), gamma, schedule.PredictionType)
            ),
        ];
    }

    /// <summary>What the error of a timestep's prediction is multiplied by.</summary>
    /// <param name="timestep">0…T−1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public double At(long timestep)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(timestep);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(timestep, _weights.Length);
        return _weights[timestep];
    }

    private static double Weight(double snr, double gamma, PredictionType prediction) =>
        prediction == PredictionType.Velocity ? Math.Min(snr, gamma) / (snr + 1)
        : prediction == PredictionType.Original ? Math.Min(snr, gamma)
        : snr <= gamma ? 1 // also at SNR 0
        : gamma / snr;
}
