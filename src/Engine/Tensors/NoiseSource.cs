using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tensors;

/// <summary>
/// The normal noise of one image: drawn on the CPU in fp32 from its own generator, so that a seed gives the same noise on
/// every device, in every batch, and the same as diffusers with a CPU generator. Not thread-safe.
/// </summary>
public sealed class NoiseSource : INoiseSource, IDisposable
{
    private readonly Generator _generator;

    /// <summary>A stream that starts at <paramref name="seed"/>, of which libtorch's generator takes the low 32 bits.</summary>
    public NoiseSource(long seed)
    {
        _generator = new Generator((ulong)seed, CPU);
    }

    /// <inheritdoc/>
    public Tensor Next(ReadOnlySpan<long> shape) =>
        randn(shape.ToArray(), ScalarType.Float32, CPU, generator: _generator);

    /// <inheritdoc/>
    public void Dispose() => _generator.Dispose();
}
