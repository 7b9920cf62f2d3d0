using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// DDIM (Song et al. 2021, eq. 12 and 16) with diffusers' rules: a step from t ends at t−⌊T/steps⌋ whatever the spacing, and
/// past the end at <see cref="NoiseSchedule.FinalAlphaCumprod"/>. η 0 is deterministic and draws no noise.
/// </summary>
internal sealed class DdimSampler : Sampler
{
    private readonly NoiseSchedule _schedule;
    private readonly int[] _timesteps;
    private readonly double _eta;

    public DdimSampler(NoiseSchedule schedule, int steps, TimestepSpacing spacing, double eta)
    {
        _schedule = schedule;
        _timesteps = SpacedTimesteps.Rounded(schedule, steps, spacing);
        _eta = eta;
        Timesteps = Array.ConvertAll(_timesteps, t => (double)t);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<double> Timesteps { get; }

    /// <inheritdoc/>
    private protected override Tensor Advance(int call, Tensor latents, Tensor modelOutput, INoiseSource noise)
    {
        int timestep = _timesteps[call];
        double alpha = _schedule.AlphaCumprodAt(timestep);
        double previous = _schedule.AlphaCumprodAt(timestep - _schedule.TrainTimesteps / _timesteps.Length);
        double sigma = _eta * Math.Sqrt((1 - previous) / (1 - alpha) * (1 - alpha / previous));
        // Rounding may bring the rest below zero where σ takes all the noise.
        double direction = Math.Sqrt(Math.Max(0, 1 - previous - sigma * sigma));

        (Tensor original, Tensor epsilon) = Predict(call, latents, modelOutput);
        Tensor next = original.Times(Math.Sqrt(previous)).Plus(epsilon.Times(direction));
        return sigma == 0 ? next : next.Plus(Draw(noise, latents).Times(sigma));
    }

    /// <inheritdoc/>
    private protected override Prediction Predict(int call, Tensor latents, Tensor modelOutput) =>
        Prediction.AtAlpha(_schedule.PredictionType, _schedule.AlphaCumprodAt(_timesteps[call]), latents, modelOutput);
}
