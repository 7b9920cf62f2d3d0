using TorchSharp;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights.Files;

/// <summary>Copies packed elements from bytes into a tensor, piece by piece.</summary>
internal static class TensorBytes
{
    // 4 M elements: 16 MB of fp32 to stage, large enough that the call overhead vanishes.
    private const long PieceLength = 4 << 20;

    /// <summary>Copies <paramref name="info"/>'s elements, packed from <paramref name="offset"/> on, little-endian.</summary>
    /// <exception cref="ArgumentException">Shapes or kinds of type differ.</exception>
    public static void Copy(ByteSource bytes, long offset, TensorInfo info, Tensor destination)
    {
        RequireFit(info, destination);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (!destination.is_contiguous())
        {
            var packed = empty(info.Shape.ToArray(), dtype: info.DType);
            Copy(bytes, offset, info, packed);
            destination.copy_(packed);
            return;
        }
        var flat = destination.detach().view(-1);
        var direct = destination.dtype == info.DType && destination.device_type == DeviceType.CPU;
        var staging = direct ? null : empty(Math.Min(info.ElementCount, PieceLength), dtype: info.DType);
        for (long start = 0; start < info.ElementCount; start += PieceLength)
        {
            var count = Math.Min(PieceLength, info.ElementCount - start);
            using var piece = flat.narrow(0, start, count);
            using var target = staging?.narrow(0, 0, count);
            ReadElements(bytes, offset + (start * info.DType.ByteSize()), target ?? piece);
            if (target is not null)
            {
                piece.copy_(target);
            }
        }
    }

    /// <summary>Refuses a destination of another shape or kind of type.</summary>
    public static void RequireFit(TensorInfo info, Tensor destination)
    {
        if (!info.Shape.SequenceEqual(destination.shape))
        {
            throw new ArgumentException(
                $"{info} does not fit {TensorInfo.ShapeText(destination.shape)}",
                nameof(destination)
            );
        }
        if (info.DType.IsFloat() != destination.dtype.IsFloat())
        {
            throw new ArgumentException(
                $"{info} cannot become {destination.dtype}: one is floating-point, one is not",
                nameof(destination)
            );
        }
    }

    // `tensor` is on the CPU and contiguous.
    private static void ReadElements(ByteSource bytes, long offset, Tensor tensor)
    {
        var raw = tensor.bytes;
        bytes.Read(offset, raw);
        if (tensor.dtype == ScalarType.Bool)
        {
            // Any other byte in a bool is undefined behaviour in native code.
            foreach (ref var value in raw)
            {
                value = value == 0 ? (byte)0 : (byte)1;
            }
        }
    }
}
