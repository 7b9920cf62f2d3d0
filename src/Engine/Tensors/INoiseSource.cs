using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tensors;

/// <summary>Where a sampler takes its noise from: a seeded stream, or recorded noise in tests against reference data.</summary>
public interface INoiseSource
{
    /// <summary>The next draw of N(0, 1), fp32 on the CPU, owned by the caller.</summary>
    /// <param name="shape">Shape of the draw, e.g. [1, 4, h, w].</param>
    Tensor Next(ReadOnlySpan<long> shape);
}
