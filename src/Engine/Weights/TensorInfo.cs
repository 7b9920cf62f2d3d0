using TorchSharp;

namespace InstructDiffusion.Engine.Weights;

/// <summary>What a checkpoint says of one tensor, without its data.</summary>
public sealed class TensorInfo
{
    private readonly long[] _shape;

    /// <summary>A tensor of this type and shape.</summary>
    /// <exception cref="OverflowException">The byte count does not fit 63 bits.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative.</exception>
    public TensorInfo(torch.ScalarType dtype, ReadOnlySpan<long> shape)
    {
        DType = dtype;
        _shape = shape.ToArray();
        ElementCount = 1;
        foreach (var size in _shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            // A zero must not hide an overflow elsewhere: [2^62, 4, 0] is nobody's tensor.
            _ = checked(Math.Max(ElementCount, 1) * Math.Max(size, 1) * dtype.ByteSize());
            ElementCount = checked(ElementCount * size);
        }
        ByteCount = checked(ElementCount * dtype.ByteSize());
    }

    /// <summary>Element type as stored.</summary>
    public torch.ScalarType DType { get; }

    /// <summary>Sizes, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>Bytes of the elements, densely packed.</summary>
    public long ByteCount { get; }

    /// <summary>The same elements under another shape.</summary>
    /// <exception cref="ArgumentException">The shape holds another number of elements.</exception>
    public TensorInfo Reshape(ReadOnlySpan<long> shape)
    {
        var reshaped = new TensorInfo(DType, shape);
        return reshaped.ElementCount == ElementCount
            ? reshaped
            : throw new ArgumentException($"{this} cannot be seen as {ShapeText(shape)}", nameof(shape));
    }

    /// <summary>For example <c>Float16 [320, 8, 3, 3]</c>.</summary>
    public override string ToString() => $"{DType} {ShapeText(_shape)}";

    /// <summary>For example <c>[320, 8, 3, 3]</c>.</summary>
    public static string ShapeText(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
