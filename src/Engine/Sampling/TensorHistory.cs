using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>Copies of the last few tensors of a run. Owns them.</summary>
internal sealed class TensorHistory(int capacity) : IDisposable
{
    private readonly List<Tensor> _newestFirst = new(capacity + 1);

    /// <summary>How many are held, at most the capacity.</summary>
    public int Count => _newestFirst.Count;

    /// <summary>The tensor added <paramref name="back"/> additions ago; 0 is the newest. Still owned by the history.</summary>
    public Tensor this[int back] => _newestFirst[back];

    /// <summary>Keeps a copy and drops the oldest one beyond the capacity.</summary>
    public void Add(Tensor tensor)
    {
        _newestFirst.Insert(0, tensor.clone().DetachFromDisposeScope());
        if (_newestFirst.Count > capacity)
        {
            _newestFirst[capacity].Dispose();
            _newestFirst.RemoveAt(capacity);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _newestFirst.ForEach(tensor => tensor.Dispose());
        _newestFirst.Clear();
    }
}
