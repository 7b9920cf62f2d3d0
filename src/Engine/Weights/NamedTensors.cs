using System.Collections;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights;

/// <summary>Tensors in memory as a source: a model about to be saved.</summary>
public sealed class NamedTensors : ITensorSource, IEnumerable<KeyValuePair<string, TensorInfo>>
{
    private readonly Dictionary<string, Tensor> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);

    /// <summary>An empty one.</summary>
    /// <param name="origin">What to call it in messages.</param>
    public NamedTensors(string origin)
    {
        Origin = origin;
    }

    /// <inheritdoc/>
    public string Origin { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>Adds a tensor. It is shared, not copied: its memory stays with this dictionary until disposed.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public void Add(string name, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        _tensors.Add(name, new TensorInfo(tensor.dtype, tensor.shape));
        _values.Add(name, tensor.detach().DetachFromDisposeScope());
    }

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        Files.TensorBytes.RequireFit(this.Info(name), destination);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        destination.copy_(_values[name]);
    }

    /// <summary>Names, types and shapes.</summary>
    public IEnumerator<KeyValuePair<string, TensorInfo>> GetEnumerator() => _tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Releases this dictionary's hold on the tensors; they live on where others hold them.</summary>
    public void Dispose()
    {
        foreach (var value in _values.Values)
        {
            value.Dispose();
        }
    }
}
