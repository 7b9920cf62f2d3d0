using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

/// <summary>The noise that a reference run drew, in its order, for one image of its batch.</summary>
internal sealed class RecordedNoise(Tensor start, Tensor? later, int image) : INoiseSource, IDisposable
{
    private readonly Tensor _start = start.narrow(0, image, 1).clone().DetachFromDisposeScope();
    private readonly Tensor? _later = later?.narrow(1, image, 1).clone().DetachFromDisposeScope(); // [steps, 1, 4, h, w]
    private int _draws;

    public Tensor Next(ReadOnlySpan<long> shape)
    {
        int draw = _draws++;
        if (draw == 0)
        {
            return _start.clone();
        }
        Tensor recorded =
            _later ?? throw new InvalidOperationException($"the reference drew no noise, this is draw {draw}");
        return recorded[draw - 1].clone();
    }

    public void Dispose()
    {
        _start.Dispose();
        _later?.Dispose();
    }
}
