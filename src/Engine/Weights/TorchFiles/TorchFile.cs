using InstructDiffusion.Engine.Weights.Files;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>A file of <c>torch.save</c> (.ckpt, .pth, .pt, .bin), in the zip form or the legacy one. Nothing in it is executed.</summary>
public sealed class TorchFile : ITensorSource
{
    private readonly ByteSource _bytes;
    private readonly StateDict _stateDict;
    private readonly Func<TorchStorage, ByteSource> _locate;

    internal TorchFile(ByteSource bytes, StateDict stateDict, Func<TorchStorage, ByteSource> locate)
    {
        _bytes = bytes;
        _stateDict = stateDict;
        _locate = locate;
        Tensors = stateDict.Tensors.ToDictionary(t => t.Key, t => t.Value.Info, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Origin => _bytes.Name;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata => _stateDict.Metadata;

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        TensorBytes.RequireFit(this.Info(name), destination);
        var tensor = _stateDict.Tensors[name];
        var storage = _locate(tensor.Storage);
        var start = tensor.Offset * tensor.Info.DType.ByteSize();
        if (tensor.IsPacked)
        {
            TensorBytes.Copy(storage, start, tensor.Info, destination);
            return;
        }
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var span = empty(tensor.Span, dtype: tensor.Info.DType);
        TensorBytes.Copy(storage, start, new TensorInfo(tensor.Info.DType, [tensor.Span]), span);
        destination.copy_(span.as_strided(tensor.Info.Shape.ToArray(), tensor.Strides));
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
