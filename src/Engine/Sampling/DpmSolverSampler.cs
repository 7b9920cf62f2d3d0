using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// DPM-Solver++ 2M (Lu et al. 2022, algorithm 2) and its stochastic form, as diffusers' DPMSolverMultistepScheduler with
/// solver_type midpoint and final_sigmas_type zero: the first and the last step are of order 1.
/// </summary>
internal sealed class DpmSolverSampler(PredictionType predictionType, SigmaGrid grid, bool stochastic) : Sampler
{
    private readonly TensorHistory _originals = new(2);

    /// <inheritdoc/>
    public override IReadOnlyList<double> Timesteps => grid.Timesteps;

    /// <inheritdoc/>
    private protected override bool IsMultistep => true;

    /// <inheritdoc/>
    private protected override Tensor Advance(int call, Tensor latents, Tensor modelOutput, INoiseSource noise)
    {
        double sigma = grid.Sigmas[call];
        double next = grid.Sigmas[call + 1];
        double signal = SignalAt(sigma);
        double nextSignal = SignalAt(next);
        _originals.Add(Predict(call, latents, modelOutput).Original);

        // e^−h of a step in λ = −log σ.
        double shrink = next / sigma;
        Tensor direction = Direction(call, Math.Log(sigma / next));
        if (!stochastic)
        {
            return latents.Times(shrink * nextSignal / signal).Plus(direction.Times(nextSignal * (1 - shrink)));
        }
        double kept = 1 - shrink * shrink;
        Tensor moved = latents.Times(shrink * shrink * nextSignal / signal).Plus(direction.Times(nextSignal * kept));
        return next == 0 ? moved : moved.Plus(Draw(noise, latents).Times(next * nextSignal * Math.Sqrt(kept)));
    }

    /// <inheritdoc/>
    private protected override Prediction Predict(int call, Tensor latents, Tensor modelOutput)
    {
        double signal = SignalAt(grid.Sigmas[call]);
        return Prediction.AtAlpha(predictionType, signal * signal, latents, modelOutput);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _originals.Dispose();
        base.Dispose(disposing);
    }

    // x₀ extrapolated to the middle of a step of length h from the last two estimates.
    private Tensor Direction(int call, double h)
    {
        if (call == 0 || double.IsInfinity(h))
        {
            return _originals[0];
        }
        double lastH = Math.Log(grid.Sigmas[call - 1] / grid.Sigmas[call]);
        return _originals[0].Plus((_originals[0] - _originals[1]).Times(0.5 * h / lastH));
    }

    // √ᾱ at σ.
    private static double SignalAt(double sigma) => 1 / Math.Sqrt(sigma * sigma + 1);
}
