using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Sampling;

/// <summary>Hands out the rows of a recorded [N, ...] tensor, and counts the draws.</summary>
internal sealed class RecordedNoise(Tensor? draws) : INoiseSource
{
    /// <summary>How often noise was asked for.</summary>
    public int Draws { get; private set; }

    public Tensor Next(ReadOnlySpan<long> shape)
    {
        if (draws is null)
        {
            throw new InvalidOperationException("this sampler was not expected to draw noise");
        }
        Tensor drawn = draws[Draws++].clone();
        Assert.Equal(shape.ToArray(), drawn.shape);
        return drawn;
    }
}
