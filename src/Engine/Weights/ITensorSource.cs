using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights;

/// <summary>
/// Named tensors of a checkpoint, read one at a time. Opening one reads names, types and shapes only. Reading does not change
/// the source: several threads may read at once unless an implementation says otherwise.
/// </summary>
public interface ITensorSource : IDisposable
{
    /// <summary>Where the tensors come from, for messages: a path, or several.</summary>
    string Origin { get; }

    /// <summary>Every tensor by name.</summary>
    IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>
    /// Copies a tensor into an existing one of the same shape, on any device, converting between floating-point types (or
    /// between integer types) on the way through a small buffer: no second copy of the data is made.
    /// </summary>
    /// <exception cref="KeyNotFoundException">No tensor has this name.</exception>
    /// <exception cref="ArgumentException">The shapes differ, or one type is floating-point and the other is not.</exception>
    /// <exception cref="CheckpointFormatException">The data cannot be read.</exception>
    void CopyTo(string name, Tensor destination);
}
