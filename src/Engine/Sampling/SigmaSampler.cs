using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>A sampler whose latents are x₀ + σ·ε: they grow with the noise, so the model sees them divided by √(σ²+1).</summary>
internal abstract class SigmaSampler(PredictionType predictionType, SigmaGrid grid) : Sampler
{
    /// <inheritdoc/>
    public override IReadOnlyList<double> Timesteps => grid.Timesteps;

    /// <inheritdoc/>
    public override double InitialNoiseScale => grid.InitialNoiseScale;

    /// <summary>σ before each call, and 0 after the last.</summary>
    protected double[] Sigmas => grid.Sigmas;

    /// <inheritdoc/>
    public override double InputScale(int call)
    {
        RequireCall(call);
        return 1 / Math.Sqrt(Sigmas[call] * Sigmas[call] + 1);
    }

    /// <inheritdoc/>
    private protected override Prediction Predict(int call, Tensor latents, Tensor modelOutput) =>
        Prediction.AtSigma(predictionType, Sigmas[call], latents, modelOutput);
}
