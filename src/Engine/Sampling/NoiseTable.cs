namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// The noise levels of the training timesteps. A latent √ᾱ·x₀ + √(1−ᾱ)·ε divided by √ᾱ is x₀ + σ·ε with σ = √((1−ᾱ)/ᾱ).
/// Immutable.
/// </summary>
public sealed class NoiseTable
{
    // Where no signal is left σ is without bound; as in diffusers the samplers that step in σ start from this level then.
    private const double LeastAlpha = 1.0 / (1 << 24);

    private readonly double[] _alphasCumprod;
    private readonly double[] _sigmas;
    private readonly double[] _logSigmas;

    internal NoiseTable(double[] alphasCumprod)
    {
        _alphasCumprod = alphasCumprod;
        _sigmas = Array.ConvertAll(alphasCumprod, SigmaOf);
        _logSigmas = Array.ConvertAll(_sigmas, Math.Log);
    }

    /// <summary>ᾱ_t = Π_{i≤t}(1−β_i), [T], falling.</summary>
    public IReadOnlyList<double> AlphasCumprod => _alphasCumprod;

    /// <summary>σ_t, [T], rising.</summary>
    public IReadOnlyList<double> Sigmas => _sigmas;

    /// <summary>σ of a fractional timestep, interpolated linearly in σ (diffusers); the ends hold beyond 0 and T−1.</summary>
    public double SigmaAt(double timestep) => Interpolate(_sigmas, timestep);

    /// <summary>σ of a fractional timestep, interpolated linearly in log σ (k-diffusion's t_to_sigma).</summary>
    public double LogInterpolatedSigmaAt(double timestep) => Math.Exp(Interpolate(_logSigmas, timestep));

    /// <summary>The fractional timestep of a σ, the inverse of <see cref="LogInterpolatedSigmaAt"/> (sigma_to_t); within 0…T−1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not a positive number.</exception>
    public double TimestepAt(double sigma)
    {
        if (!(sigma > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(sigma), $"sigma: expected above 0, got {sigma}");
        }
        double logSigma = Math.Log(sigma);
        int high = Array.BinarySearch(_logSigmas, logSigma);
        if (high >= 0)
        {
            return high;
        }
        high = Math.Clamp(~high, 1, _logSigmas.Length - 1);
        double low = _logSigmas[high - 1];
        double weight = (logSigma - low) / (_logSigmas[high] - low);
        return high - 1 + Math.Clamp(weight, 0, 1);
    }

    private static double SigmaOf(double alphaCumprod)
    {
        double alpha = Math.Max(alphaCumprod, LeastAlpha);
        return Math.Sqrt((1 - alpha) / alpha);
    }

    private static double Interpolate(double[] table, double timestep)
    {
        double position = Math.Clamp(timestep, 0, table.Length - 1);
        int low = Math.Min((int)position, table.Length - 2);
        double weight = position - low;
        return table[low] * (1 - weight) + table[low + 1] * weight;
    }
}
