using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Autoencoder;

/// <summary>The encoder's posterior: independent normals per latent. Owns its two tensors.</summary>
public sealed class DiagonalGaussian : IDisposable
{
    // As the reference clamps; beyond it exp() over- or underflows in fp16.
    private const double LeastLogVariance = -30;
    private const double MostLogVariance = 20;

    /// <summary>Splits the encoder's moments [B, 2C, h, w], which it does not keep.</summary>
    internal DiagonalGaussian(Tensor moments)
    {
        using var scope = NewDisposeScope();
        Tensor[] halves = moments.to(ScalarType.Float32).chunk(2, 1);
        Mean = halves[0].clone().DetachFromDisposeScope();
        LogVariance = halves[1].Within(LeastLogVariance, MostLogVariance).DetachFromDisposeScope();
    }

    /// <summary>[B, C, h, w] fp32; also the mode, which conditions the UNet.</summary>
    public Tensor Mean { get; }

    /// <summary>[B, C, h, w] fp32 in −30…20.</summary>
    public Tensor LogVariance { get; }

    /// <summary>mean + exp(logvar/2)·noise, not yet multiplied by the scaling factor.</summary>
    /// <param name="noise">[B, C, h, w] of N(0, 1) on the same device.</param>
    /// <returns>[B, C, h, w], owned by the caller.</returns>
    public Tensor Sample(Tensor noise)
    {
        ArgumentNullException.ThrowIfNull(noise);
        using var scope = NewDisposeScope();
        return LogVariance.Times(0.5).exp().mul(noise).Plus(Mean).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        LogVariance.Dispose();
    }
}
