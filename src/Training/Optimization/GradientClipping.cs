using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Optimization;

/// <summary>The length of a flat gradient, and the limit to it (Pascanu et al. 2013, algorithm 1).</summary>
public static class GradientClipping
{
    // Widening all of a large model's gradients at once would take twice their memory again.
    private const long Chunk = 1 << 20;

    /// <summary>The Euclidean norm, summed in fp64.</summary>
    /// <param name="gradients">[N].</param>
    /// <returns>The norm; NaN or infinity if an element is.</returns>
    public static double Norm(Tensor gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor sum = zeros([], ScalarType.Float64, gradients.device);
        for (long start = 0; start < gradients.numel(); start += Chunk)
        {
            using var chunkScope = NewDisposeScope();
            Tensor part = gradients.narrow(0, start, Math.Min(Chunk, gradients.numel() - start));
            sum.PlusInPlace(part.to(ScalarType.Float64).Squared().sum());
        }
        return Math.Sqrt(sum.item<double>());
    }

    /// <summary>Shortens gradients that are longer than the limit, in place, to it.</summary>
    /// <param name="gradients">[N], changed only if finite and above the limit.</param>
    /// <param name="maxNorm">The limit, above 0.</param>
    /// <returns>The norm before; not finite if an element is not.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A limit that is not above 0.</exception>
    public static double Clip(Tensor gradients, double maxNorm)
    {
        if (!(maxNorm > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(maxNorm), $"max norm: expected above 0, got {maxNorm}");
        }
        using var scope = NewDisposeScope();
        double norm = Norm(gradients);
        if (double.IsFinite(norm) && norm > maxNorm)
        {
            gradients.TimesInPlace(maxNorm / norm);
        }
        return norm;
    }
}
