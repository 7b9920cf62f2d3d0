using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// Euler's method on dx/dσ = ε (Karras et al. 2022, algorithm 2 without churn); the ancestral form steps further down and
/// adds fresh noise back up to σ′, like the DDPM posterior (k-diffusion's sample_euler_ancestral with η 1).
/// </summary>
internal sealed class EulerSampler(PredictionType predictionType, SigmaGrid grid, bool ancestral)
    : SigmaSampler(predictionType, grid)
{
    /// <inheritdoc/>
    private protected override Tensor Advance(int call, Tensor latents, Tensor modelOutput, INoiseSource noise)
    {
        double sigma = Sigmas[call];
        double next = Sigmas[call + 1];
        // σ_down = √(σ′² − σ_up²) with σ_up² = σ′²(σ² − σ′²)/σ², which is σ′²/σ without the cancellation.
        double down = ancestral ? next * next / sigma : next;
        double up = ancestral ? next * Math.Sqrt(1 - next / sigma * (next / sigma)) : 0;

        Tensor epsilon = Predict(call, latents, modelOutput).Epsilon;
        Tensor moved = latents.Plus(epsilon.Times(down - sigma));
        return up == 0 ? moved : moved.Plus(Draw(noise, latents).Times(up));
    }
}
