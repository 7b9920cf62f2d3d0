namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>A tensor of a torch file: strided elements of a storage. Its bounds have been checked.</summary>
internal sealed class TorchTensor
{
    // A tensor may repeat elements (stride 0), but no file needs to inflate a few bytes to gigabytes that way.
    private const long MaxExpanded = 1 << 16;

    private TorchTensor(TorchStorage storage, long offset, TensorInfo info, long[] strides)
    {
        Storage = storage;
        Offset = offset;
        Info = info;
        Strides = strides;
    }

    public TorchStorage Storage { get; }

    /// <summary>First element, counted from the start of the root storage.</summary>
    public long Offset { get; }

    public TensorInfo Info { get; }

    public long[] Strides { get; }

    /// <summary>Elements from the first to the last one used.</summary>
    public long Span { get; private init; }

    /// <summary>Whether the elements lie densely in order.</summary>
    public bool IsPacked
    {
        get
        {
            long expected = 1;
            for (var i = Strides.Length - 1; i >= 0; i--)
            {
                if (Info.Shape[i] != 1 && Strides[i] != expected)
                {
                    return false;
                }
                expected *= Info.Shape[i];
            }
            return true;
        }
    }

    /// <summary>Checks that the tensor lies inside its storage.</summary>
    /// <returns>The tensor, or null with the reason in <paramref name="problem"/>.</returns>
    public static TorchTensor? Create(
        TorchStorage storage,
        long offset,
        long[] shape,
        long[] strides,
        out string problem
    )
    {
        problem =
            $"a tensor of shape {TensorInfo.ShapeText(shape)}, strides {TensorInfo.ShapeText(strides)} at {offset} "
            + $"does not lie inside storage '{storage.Key}' of {storage.Count} elements";
        if (storage.DType is not { } dtype || shape.Length != strides.Length || shape.Length > 16 || offset < 0)
        {
            return null;
        }
        try
        {
            var info = new TensorInfo(dtype, shape);
            var span = info.ElementCount == 0 ? 0L : 1L;
            for (var i = 0; i < shape.Length && span > 0; i++)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(strides[i], nameof(strides));
                span = checked(span + ((shape[i] - 1) * strides[i]));
            }
            var inside = checked(offset + span) <= storage.Count;
            return inside && info.ElementCount <= Math.Max(storage.Count, MaxExpanded)
                ? new TorchTensor(storage, storage.Start + offset, info, strides) { Span = span }
                : null;
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
