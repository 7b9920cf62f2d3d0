using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>What a model output says at one noise level. The tensors belong to the caller's dispose scope.</summary>
/// <param name="Original">The estimate of x₀.</param>
/// <param name="Epsilon">The estimate of ε.</param>
internal readonly record struct Prediction(Tensor Original, Tensor Epsilon)
{
    /// <summary>For latents √ᾱ·x₀ + √(1−ᾱ)·ε.</summary>
    public static Prediction AtAlpha(PredictionType type, double alpha, Tensor latents, Tensor output)
    {
        double signal = Math.Sqrt(alpha);
        double noise = Math.Sqrt(1 - alpha);
        return type switch
        {
            PredictionType.Epsilon => new((latents - output.Times(noise)).Over(signal), output),
            PredictionType.Original => new(output, (latents - output.Times(signal)).Over(noise)),
            _ => new(latents.Times(signal) - output.Times(noise), output.Times(signal).Plus(latents.Times(noise))),
        };
    }

    /// <summary>For latents x₀ + σ·ε, of which the model saw latents / √(σ²+1).</summary>
    public static Prediction AtSigma(PredictionType type, double sigma, Tensor latents, Tensor output)
    {
        double square = sigma * sigma + 1;
        double root = Math.Sqrt(square);
        return type switch
        {
            PredictionType.Epsilon => new(latents - output.Times(sigma), output),
            PredictionType.Original => new(output, (latents - output).Over(sigma)),
            _ => new(
                latents.Over(square) - output.Times(sigma / root),
                latents.Times(sigma / square).Plus(output.Over(root))
            ),
        };
    }
}
