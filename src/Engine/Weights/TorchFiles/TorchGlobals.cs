using InstructDiffusion.Engine.Weights.Pickle;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>The few torch functions that occur in saved state dicts, as data: what storages and tensors a file names.</summary>
internal sealed class TorchGlobals
{
    private static readonly Dictionary<string, ScalarType> _storageTypes = new(StringComparer.Ordinal)
    {
        ["DoubleStorage"] = ScalarType.Float64,
        ["FloatStorage"] = ScalarType.Float32,
        ["HalfStorage"] = ScalarType.Float16,
        ["BFloat16Storage"] = ScalarType.BFloat16,
        ["LongStorage"] = ScalarType.Int64,
        ["IntStorage"] = ScalarType.Int32,
        ["ShortStorage"] = ScalarType.Int16,
        ["CharStorage"] = ScalarType.Int8,
        ["ByteStorage"] = ScalarType.Byte,
        ["UntypedStorage"] = ScalarType.Byte,
        ["BoolStorage"] = ScalarType.Bool,
    };

    private static readonly Dictionary<string, ScalarType> _dtypes = new(StringComparer.Ordinal)
    {
        ["float64"] = ScalarType.Float64,
        ["float32"] = ScalarType.Float32,
        ["float16"] = ScalarType.Float16,
        ["bfloat16"] = ScalarType.BFloat16,
        ["int64"] = ScalarType.Int64,
        ["int32"] = ScalarType.Int32,
        ["int16"] = ScalarType.Int16,
        ["int8"] = ScalarType.Int8,
        ["uint8"] = ScalarType.Byte,
        ["bool"] = ScalarType.Bool,
    };

    private readonly string _file;
    private readonly Dictionary<string, Func<IReadOnlyList<object?>, object?>> _calls;

    /// <summary>For the pickle of this file.</summary>
    public TorchGlobals(string file)
    {
        _file = file;
        _calls = new(StringComparer.Ordinal)
        {
            ["torch._utils._rebuild_tensor"] = RebuildTensor,
            ["torch._utils._rebuild_tensor_v2"] = RebuildTensor,
            ["torch._utils._rebuild_tensor_v3"] = RebuildTypedTensor,
            ["torch._utils._rebuild_parameter"] = First,
            ["torch._utils._rebuild_parameter_with_state"] = First,
            ["torch._tensor._rebuild_from_type_v2"] = RebuildSubclass,
            ["torch.Size"] = First,
        };
    }

    /// <summary>Every storage that the pickle named, by key.</summary>
    public Dictionary<string, TorchStorage> Storages { get; } = new(StringComparer.Ordinal);

    /// <summary>Options for the pickle that holds the tensors.</summary>
    public PickleReaderOptions PickleOptions =>
        new()
        {
            Name = _file,
            Budget = 512L << 20,
            PersistentLoad = LoadStorage,
            Calls = _calls,
        };

    // ('storage', type, key, location, count[, (view key, offset, count)])
    private TorchStorage LoadStorage(object? id)
    {
        if (
            id is not PickleTuple { Count: 5 or 6 } parts
            || parts[0] is not "storage"
            || parts[1] is not PickleGlobal type
            || parts[2] is not string key
            || parts[4] is not long count
            || count < 0
        )
        {
            throw Bad("a persistent id is not that of a torch storage");
        }
        var dtype = _storageTypes.TryGetValue(type.Name, out var known) ? known : (ScalarType?)null;
        var root = new TorchStorage(key, dtype, count, 0, count);
        if (!Storages.TryAdd(key, root) && Storages[key] != root)
        {
            throw Bad($"storage '{key}' is declared twice, differently");
        }
        if (parts.Count == 5 || parts[5] is null)
        {
            return root;
        }
        return
            parts[5] is PickleTuple { Count: 3 } view
            && view[1] is long start
            && view[2] is long length
            && start >= 0
            && length >= 0
            && start <= count - length
            ? root with
            {
                Start = start,
                Count = length,
            }
            : throw Bad($"a view of storage '{key}' lies outside of it");
    }

    // (storage, offset, size, stride, …)
    private object? RebuildTensor(IReadOnlyList<object?> arguments)
    {
        if (
            arguments.Count < 4
            || arguments[0] is not TorchStorage storage
            || arguments[1] is not long offset
            || Integers(arguments[2]) is not { } shape
            || Integers(arguments[3]) is not { } strides
        )
        {
            throw Bad("a tensor is described in an unknown way");
        }
        return storage.DType is null
            ? new UnreadableTensor(storage.Key)
            : TorchTensor.Create(storage, offset, shape, strides, out var problem) ?? throw Bad(problem);
    }

    // (untyped storage, offset, size, stride, requires_grad, hooks, dtype, …)
    private object? RebuildTypedTensor(IReadOnlyList<object?> arguments)
    {
        if (arguments.Count < 7 || arguments[0] is not TorchStorage bytes || arguments[6] is not PickleGlobal type)
        {
            throw Bad("a tensor is described in an unknown way");
        }
        if (bytes.DType != ScalarType.Byte || !_dtypes.TryGetValue(type.Name, out var dtype))
        {
            return new UnreadableTensor(bytes.Key);
        }
        var size = dtype.ByteSize();
        var typed = new TorchStorage(bytes.Key, dtype, bytes.RootCount / size, bytes.Start / size, bytes.Count / size);
        return RebuildTensor([typed, .. arguments.Skip(1)]);
    }

    // (function, class, arguments, state)
    private object? RebuildSubclass(IReadOnlyList<object?> arguments) =>
        arguments is [PickleGlobal function, _, PickleTuple inner, ..]
        && function.Name is not "_rebuild_from_type_v2"
        && _calls.TryGetValue(function.ToString(), out var call)
            ? call(inner)
            : throw Bad("a tensor is described in an unknown way");

    private static object? First(IReadOnlyList<object?> arguments) =>
        arguments.Count > 0 ? arguments[0] : PickleTuple.Empty;

    private static long[]? Integers(object? value) =>
        value is PickleTuple { Count: <= 64 } tuple && tuple.All(item => item is long)
            ? [.. tuple.Select(item => (long)item!)]
            : null;

    private CheckpointFormatException Bad(string problem) => new(_file, problem);
}

/// <summary>Stands for a tensor of a type that we do not read.</summary>
/// <param name="Key">Its storage.</param>
internal sealed record UnreadableTensor(string Key);
