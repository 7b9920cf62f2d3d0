using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// Ancestral sampling (Ho et al. 2020, algorithm 2) over a stride of timesteps, as diffusers' DDPMScheduler with variance
/// fixed_small. The last step ends without noise; diffusers adds 1e-10 of it there.
/// </summary>
internal sealed class DdpmSampler : Sampler
{
    private readonly NoiseSchedule _schedule;
    private readonly int[] _timesteps;

    public DdpmSampler(NoiseSchedule schedule, int steps, TimestepSpacing spacing)
    {
        _schedule = schedule;
        _timesteps = SpacedTimesteps.Rounded(schedule, steps, spacing);
        Timesteps = Array.ConvertAll(_timesteps, t => (double)t);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<double> Timesteps { get; }

    /// <inheritdoc/>
    private protected override Tensor Advance(int call, Tensor latents, Tensor modelOutput, INoiseSource noise)
    {
        int timestep = _timesteps[call];
        int previous = timestep - _schedule.TrainTimesteps / _timesteps.Length;
        double alpha = _schedule.AlphaCumprodAt(timestep);
        Posterior posterior = Posterior.Between(alpha, previous < 0 ? 1 : _schedule.AlphaCumprodAt(previous));

        Tensor original = Predict(call, latents, modelOutput).Original;
        Tensor mean = original.Times(posterior.OfOriginal).Plus(latents.Times(posterior.OfNoisy));
        return posterior.Variance == 0 ? mean : mean.Plus(Draw(noise, latents).Times(Math.Sqrt(posterior.Variance)));
    }

    /// <inheritdoc/>
    private protected override Prediction Predict(int call, Tensor latents, Tensor modelOutput) =>
        Prediction.AtAlpha(_schedule.PredictionType, _schedule.AlphaCumprodAt(_timesteps[call]), latents, modelOutput);
}
