using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights;

/// <summary>What every <see cref="ITensorSource"/> can do.</summary>
public static class TensorSources
{
    /// <summary>Reads a tensor into memory, in its own type. The caller owns the result.</summary>
    /// <exception cref="KeyNotFoundException">No tensor has this name.</exception>
    /// <exception cref="CheckpointFormatException">The data cannot be read.</exception>
    public static Tensor Read(this ITensorSource source, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        var info = source.Info(name);
        var tensor = empty(info.Shape.ToArray(), dtype: info.DType);
        try
        {
            source.CopyTo(name, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Type and shape of a tensor.</summary>
    /// <exception cref="KeyNotFoundException">No tensor has this name.</exception>
    public static TensorInfo Info(this ITensorSource source, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Tensors.TryGetValue(name, out var info)
            ? info
            : throw new KeyNotFoundException($"{source.Origin} holds no tensor '{name}'");
    }
}
