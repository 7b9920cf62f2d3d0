using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights;

/// <summary>Tensors of another source under other names and shapes.</summary>
public sealed class MappedTensorSource : ITensorSource
{
    private readonly ITensorSource _source;
    private readonly bool _owns;
    private readonly Dictionary<string, string> _originalNames = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);

    /// <summary>An empty view; <c>Add</c> fills it.</summary>
    /// <param name="source">Where the data come from.</param>
    /// <param name="owns">Whether disposing this view disposes the source.</param>
    public MappedTensorSource(ITensorSource source, bool owns = false)
    {
        _source = source;
        _owns = owns;
    }

    /// <inheritdoc/>
    public string Origin => _source.Origin;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata => _source.Metadata;

    /// <summary>Shows a tensor of the source under a name, and under a shape of as many elements if one is given.</summary>
    /// <exception cref="CheckpointFormatException">Two tensors would have one name.</exception>
    public void Add(string name, string originalName, ReadOnlySpan<long> shape)
    {
        var info = _source.Info(originalName).Reshape(shape);
        if (!_tensors.TryAdd(name, info))
        {
            throw new CheckpointFormatException(
                Origin,
                $"tensors '{_originalNames[name]}' and '{originalName}' are both '{name}'"
            );
        }
        _originalNames.Add(name, originalName);
    }

    /// <summary>Shows a tensor of the source under a name.</summary>
    /// <exception cref="CheckpointFormatException">Two tensors would have one name.</exception>
    public void Add(string name, string originalName) => Add(name, originalName, _source.Info(originalName).Shape);

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        var info = this.Info(name);
        Files.TensorBytes.RequireFit(info, destination);
        var originalShape = _source.Info(_originalNames[name]).Shape;
        if (originalShape.SequenceEqual(info.Shape))
        {
            _source.CopyTo(_originalNames[name], destination);
            return;
        }
        using var scope = NewDisposeScope();
        _source.CopyTo(_originalNames[name], destination.detach().view(originalShape.ToArray()));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_owns)
        {
            _source.Dispose();
        }
    }
}
