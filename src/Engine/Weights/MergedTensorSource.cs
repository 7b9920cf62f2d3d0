using System.Collections.ObjectModel;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights;

/// <summary>Tensors of several sources as one: the shards of a model, or the components of a single-file checkpoint.</summary>
public sealed class MergedTensorSource : ITensorSource
{
    private readonly List<ITensorSource> _owned = [];
    private readonly Dictionary<string, ITensorSource> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);

    /// <summary>An empty one.</summary>
    /// <param name="origin">What to call it in messages.</param>
    public MergedTensorSource(string origin)
    {
        Origin = origin;
    }

    /// <inheritdoc/>
    public string Origin { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Disposes the source together with this one.</summary>
    public void Own(ITensorSource source) => _owned.Add(source);

    /// <summary>Shows one tensor of a source.</summary>
    /// <exception cref="CheckpointFormatException">The source lacks it, or another tensor has its name.</exception>
    public void Add(ITensorSource source, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!source.Tensors.TryGetValue(name, out var info))
        {
            throw new CheckpointFormatException(Origin, $"tensor '{name}' is not in {source.Origin}");
        }
        if (!_tensors.TryAdd(name, info))
        {
            throw new CheckpointFormatException(Origin, $"tensor '{name}' comes from two places");
        }
        _places.Add(name, source);
    }

    /// <summary>Shows every tensor of a source.</summary>
    /// <exception cref="CheckpointFormatException">Another tensor has the name of one.</exception>
    public void AddAll(ITensorSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        foreach (var name in source.Tensors.Keys)
        {
            Add(source, name);
        }
    }

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        _ = this.Info(name);
        _places[name].CopyTo(name, destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in _owned)
        {
            source.Dispose();
        }
    }
}
