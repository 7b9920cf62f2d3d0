using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// The forward process x_t = √ᾱ_t·x₀ + √(1−ᾱ_t)·ε of a model, in the arithmetic of both references: they differ by up to 1e-6
/// of ᾱ, and a sampler follows the one it reproduces. Immutable.
/// </summary>
public sealed class NoiseSchedule
{
    // Nichol and Dhariwal 2021, section 3.2.
    private const double CosineOffset = 0.008;
    private const double CosineMaxBeta = 0.999;

    private readonly double[] _betas;

    /// <summary>Computes the tables.</summary>
    /// <exception cref="InvalidDataException">A value of <paramref name="config"/> is out of range.</exception>
    public NoiseSchedule(NoiseScheduleConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        double[] betas = MakeBetas(config);
        double[] exact = CumulativeProduct(betas);
        double[] single = SinglePrecisionProduct(config, betas);
        if (config.ZeroTerminalSnr)
        {
            exact = WithoutTerminalSignal(exact);
            single = WithoutTerminalSignal(single);
            betas = [.. exact.Select((alpha, t) => 1 - alpha / (t == 0 ? 1 : exact[t - 1]))];
        }
        _betas = betas;
        Exact = new NoiseTable(exact);
        Diffusers = new NoiseTable(single);
        FinalAlphaCumprod = config.SetAlphaToOne ? 1 : Diffusers.AlphasCumprod[0];
    }

    /// <summary>What the schedule was made from.</summary>
    public NoiseScheduleConfig Config { get; }

    /// <summary>T, the number of training timesteps.</summary>
    public int TrainTimesteps => _betas.Length;

    /// <summary>What the model predicts.</summary>
    public PredictionType PredictionType => Config.PredictionType;

    /// <summary>β_t, [T], in float64.</summary>
    public IReadOnlyList<double> Betas => _betas;

    /// <summary>The levels computed in float64, as ldm's: for training and for the k-diffusion samplers.</summary>
    public NoiseTable Exact { get; }

    /// <summary>The levels computed in float32, as diffusers': for its samplers, whose results show the difference.</summary>
    public NoiseTable Diffusers { get; }

    /// <summary>ᾱ past the end of sampling: 1 with <see cref="NoiseScheduleConfig.SetAlphaToOne"/>, else ᾱ₀ of <see cref="Diffusers"/>.</summary>
    public double FinalAlphaCumprod { get; }

    /// <summary>ᾱ of a timestep in <see cref="Diffusers"/>, or <see cref="FinalAlphaCumprod"/> of a negative one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">At least T.</exception>
    public double AlphaCumprodAt(int timestep)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(timestep, TrainTimesteps);
        return timestep < 0 ? FinalAlphaCumprod : Diffusers.AlphasCumprod[timestep];
    }

    /// <summary>The forward process: √ᾱ_t·x₀ + √(1−ᾱ_t)·ε, each row at its own timestep.</summary>
    /// <param name="original">x₀, [B, ...].</param>
    /// <param name="noise">ε, as <paramref name="original"/>.</param>
    /// <param name="timesteps">One t in 0…T−1 per row.</param>
    /// <returns>x_t, shape, dtype and device of <paramref name="original"/>; owned by the caller.</returns>
    /// <exception cref="ArgumentException">Shapes that do not agree, or a timestep out of range.</exception>
    public Tensor AddNoise(Tensor original, Tensor noise, ReadOnlySpan<long> timesteps) =>
        CombineRows(original, noise, timesteps, alpha => (Math.Sqrt(alpha), Math.Sqrt(1 - alpha)));

    /// <summary>The target of v-prediction: √ᾱ_t·ε − √(1−ᾱ_t)·x₀ (Salimans and Ho 2022, appendix D).</summary>
    /// <inheritdoc cref="AddNoise" path="/param"/>
    /// <returns>v, shape, dtype and device of <paramref name="original"/>; owned by the caller.</returns>
    /// <exception cref="ArgumentException">Shapes that do not agree, or a timestep out of range.</exception>
    public Tensor VelocityTarget(Tensor original, Tensor noise, ReadOnlySpan<long> timesteps) =>
        CombineRows(original, noise, timesteps, alpha => (-Math.Sqrt(1 - alpha), Math.Sqrt(alpha)));

    private Tensor CombineRows(
        Tensor original,
        Tensor noise,
        ReadOnlySpan<long> timesteps,
        Func<double, (double Original, double Noise)> coefficients
    )
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(noise);
        if (!original.shape.SequenceEqual(noise.shape))
        {
            throw new ArgumentException(
                $"noise: expected [{string.Join(", ", original.shape)}], got [{string.Join(", ", noise.shape)}]",
                nameof(noise)
            );
        }
        if (original.dim() == 0 || original.shape[0] != timesteps.Length)
        {
            throw new ArgumentException(
                $"timesteps: expected one per row of [{string.Join(", ", original.shape)}], got {timesteps.Length}",
                nameof(timesteps)
            );
        }
        var ofOriginal = new float[timesteps.Length];
        var ofNoise = new float[timesteps.Length];
        for (int row = 0; row < timesteps.Length; row++)
        {
            long timestep = timesteps[row];
            if (timestep < 0 || timestep >= TrainTimesteps)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(timesteps),
                    $"timesteps: expected 0…{TrainTimesteps - 1}, got {timestep} in row {row}"
                );
            }
            (double x, double e) = coefficients(Exact.AlphasCumprod[(int)timestep]);
            (ofOriginal[row], ofNoise[row]) = ((float)x, (float)e);
        }
        using var scope = NewDisposeScope();
        long[] perRow = [timesteps.Length, .. Enumerable.Repeat(1L, (int)original.dim() - 1)];
        Tensor result = original
            .mul(tensor(ofOriginal, perRow, original.dtype, original.device))
            .Plus(noise.mul(tensor(ofNoise, perRow, original.dtype, original.device)));
        return result.MoveToOuterDisposeScope();
    }

    private static double[] MakeBetas(NoiseScheduleConfig config)
    {
        int count = config.TrainTimesteps;
        var betas = new double[count];
        for (int t = 0; t < count; t++)
        {
            double part = (double)t / (count - 1);
            betas[t] = config.BetaSchedule switch
            {
                BetaSchedule.Linear => Lerp(config.BetaStart, config.BetaEnd, part),
                BetaSchedule.ScaledLinear => Square(Lerp(Math.Sqrt(config.BetaStart), Math.Sqrt(config.BetaEnd), part)),
                _ => Math.Min(1 - CosineAlpha((t + 1.0) / count) / CosineAlpha((double)t / count), CosineMaxBeta),
            };
        }
        return betas;
    }

    // Lin et al. 2024, algorithm 1: √ᾱ shifted until its last value is 0, and scaled until its first is what it was.
    private static double[] WithoutTerminalSignal(double[] alphasCumprod)
    {
        double first = Math.Sqrt(alphasCumprod[0]);
        double last = Math.Sqrt(alphasCumprod[^1]);
        return Array.ConvertAll(alphasCumprod, alpha => Square((Math.Sqrt(alpha) - last) * (first / (first - last))));
    }

    private static double[] CumulativeProduct(double[] betas)
    {
        var alphasCumprod = new double[betas.Length];
        double product = 1;
        for (int t = 0; t < betas.Length; t++)
        {
            product *= 1 - betas[t];
            alphasCumprod[t] = product;
        }
        return alphasCumprod;
    }

    // libtorch's own float32 linspace and cumprod: their rounding is what diffusers' results hold.
    private static double[] SinglePrecisionProduct(NoiseScheduleConfig config, double[] betas)
    {
        using var scope = NewDisposeScope();
        Tensor single = config.BetaSchedule switch
        {
            BetaSchedule.Linear => SingleLinspace(config.BetaStart, config.BetaEnd, betas.Length),
            BetaSchedule.ScaledLinear => SingleLinspace(
                    Math.Sqrt(config.BetaStart),
                    Math.Sqrt(config.BetaEnd),
                    betas.Length
                )
                .Squared(),
            _ => tensor(betas, ScalarType.Float32),
        };
        return Array.ConvertAll(single.neg().Plus(1).cumprod(0).data<float>().ToArray(), alpha => (double)alpha);
    }

    private static Tensor SingleLinspace(double from, double to, int count) =>
        linspace(from, to, count, ScalarType.Float32, CPU);

    private static double CosineAlpha(double part) =>
        Square(Math.Cos((part + CosineOffset) / (1 + CosineOffset) * Math.PI / 2));

    private static double Lerp(double from, double to, double part) => from + (to - from) * part;

    private static double Square(double value) => value * value;
}
