using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// Pseudo linear multistep (Liu et al. 2022), as diffusers' PNDMScheduler with skip_prk_steps: from two steps on the second
/// timestep is evaluated twice, and the first step repeated with the mean of both outputs, so that there is one model call
/// more than steps. As there, v-predictions are extrapolated as they are and converted to ε afterwards.
/// </summary>
internal sealed class PlmsSampler : Sampler
{
    private readonly NoiseSchedule _schedule;
    private readonly int[] _timesteps;
    private readonly int _stride;
    private readonly TensorHistory _outputs = new(4);
    private readonly TensorHistory _start = new(1);

    public PlmsSampler(NoiseSchedule schedule, int steps, TimestepSpacing spacing)
    {
        _schedule = schedule;
        int[] once = SpacedTimesteps.Rounded(schedule, steps, spacing);
        _timesteps = steps == 1 ? once : [once[0], once[1], .. once[1..]];
        _stride = schedule.TrainTimesteps / steps;
        Timesteps = Array.ConvertAll(_timesteps, t => (double)t);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<double> Timesteps { get; }

    /// <inheritdoc/>
    private protected override bool IsMultistep => true;

    /// <inheritdoc/>
    private protected override Tensor Advance(int call, Tensor latents, Tensor modelOutput, INoiseSource noise)
    {
        int timestep = _timesteps[call];
        if (call == 1)
        {
            Tensor mean = modelOutput.Plus(_outputs[0]).Over(2);
            return Move(_start[0], mean, timestep + _stride, timestep);
        }
        if (call == 0)
        {
            _start.Add(latents);
        }
        _outputs.Add(modelOutput);
        return Move(latents, Extrapolate(), timestep, timestep - _stride);
    }

    /// <inheritdoc/>
    private protected override Prediction Predict(int call, Tensor latents, Tensor modelOutput) =>
        Prediction.AtAlpha(_schedule.PredictionType, _schedule.AlphaCumprodAt(_timesteps[call]), latents, modelOutput);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _outputs.Dispose();
        _start.Dispose();
        base.Dispose(disposing);
    }

    // Adams-Bashforth of order 1 to 4 (Liu et al. 2022, eq. 12).
    private Tensor Extrapolate() =>
        _outputs.Count switch
        {
            1 => _outputs[0],
            2 => Sum(3, -1).Over(2),
            3 => Sum(23, -16, 5).Over(12),
            _ => Sum(55, -59, 37, -9).Over(24),
        };

    private Tensor Sum(params ReadOnlySpan<double> factors)
    {
        Tensor sum = _outputs[0].Times(factors[0]);
        for (int i = 1; i < factors.Length; i++)
        {
            sum = sum.Plus(_outputs[i].Times(factors[i]));
        }
        return sum;
    }

    // Liu et al. 2022, eq. 11, written as DDIM's step, which also holds where there is no signal yet.
    private Tensor Move(Tensor latents, Tensor output, int from, int to)
    {
        double next = _schedule.AlphaCumprodAt(to);
        (Tensor original, Tensor epsilon) = Prediction.AtAlpha(
            _schedule.PredictionType,
            _schedule.AlphaCumprodAt(from),
            latents,
            output
        );
        return original.Times(Math.Sqrt(next)).Plus(epsilon.Times(Math.Sqrt(1 - next)));
    }
}
