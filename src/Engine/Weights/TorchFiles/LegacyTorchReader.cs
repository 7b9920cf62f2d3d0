using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using InstructDiffusion.Engine.Weights.Files;
using InstructDiffusion.Engine.Weights.Pickle;

namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>
/// The form that <c>torch.save</c> had before 1.6: pickles of a magic number, a version, the machine's properties, the object and
/// the storages' keys, then each storage as a 64-bit count and its elements (<c>torch/serialization.py</c>, _legacy_load).
/// </summary>
internal static class LegacyTorchReader
{
    private const long ProtocolVersion = 1001;

    private static readonly BigInteger _magic = BigInteger.Parse(
        "1950a86a20f9469cfc6c",
        NumberStyles.AllowHexSpecifier,
        CultureInfo.InvariantCulture
    );

    /// <summary>Reads names, shapes and places. Takes ownership of <paramref name="bytes"/> when it succeeds.</summary>
    /// <exception cref="CheckpointFormatException">The file is not of this form or damaged.</exception>
    public static TorchFile Open(ByteSource bytes)
    {
        using var stream = bytes.OpenStream();
        var plain = new PickleReaderOptions { Name = bytes.Name, Budget = 64 << 20 };
        if (PickleReader.Read(stream, plain) is not BigInteger magic || magic != _magic)
        {
            throw new CheckpointFormatException(
                bytes.Name,
                "it is a pickle, but not one of torch.save: it has no magic number"
            );
        }
        if (PickleReader.Read(stream, plain) is not ProtocolVersion)
        {
            throw new CheckpointFormatException(bytes.Name, $"its version is not {ProtocolVersion}");
        }
        if (PickleReader.Read(stream, plain) is not PickleDict machine || machine["little_endian"] is not true)
        {
            throw new CheckpointFormatException(bytes.Name, "it was written by a big-endian machine");
        }
        var globals = new TorchGlobals(bytes.Name);
        var stateDict = StateDict.Find(bytes.Name, PickleReader.Read(stream, globals.PickleOptions));
        if (PickleReader.Read(stream, plain) is not List<object?> keys)
        {
            throw new CheckpointFormatException(bytes.Name, "the list of its storages is missing");
        }
        var places = Locate(bytes, stream.Position, globals.Storages, keys);
        foreach (var key in globals.Storages.Keys.Where(key => !places.ContainsKey(key)))
        {
            throw new CheckpointFormatException(bytes.Name, $"storage '{key}' is not in the file");
        }
        return new TorchFile(bytes, stateDict, storage => places[storage.Key]);
    }

    private static Dictionary<string, ByteSource> Locate(
        ByteSource bytes,
        long position,
        Dictionary<string, TorchStorage> storages,
        List<object?> keys
    )
    {
        var places = new Dictionary<string, ByteSource>(StringComparer.Ordinal);
        Span<byte> prefix = stackalloc byte[8];
        foreach (var item in keys)
        {
            if (item is not string key || !storages.TryGetValue(key, out var storage))
            {
                throw new CheckpointFormatException(bytes.Name, "it lists a storage that its pickle does not name");
            }
            bytes.Read(position, prefix);
            var count = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            if (count != storage.RootCount)
            {
                throw new CheckpointFormatException(
                    bytes.Name,
                    $"storage '{key}' holds {count} elements instead of {storage.RootCount}"
                );
            }
            if (storage.DType is not { } dtype)
            {
                throw new CheckpointFormatException(bytes.Name, $"storage '{key}' has a type that is not supported");
            }
            var length = count > bytes.Length ? long.MaxValue : count * dtype.ByteSize();
            places[key] = bytes.Slice(position + 8, length);
            position += 8 + length;
        }
        return places;
    }
}
