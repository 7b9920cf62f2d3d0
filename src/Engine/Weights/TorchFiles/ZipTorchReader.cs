using System.IO.Compression;
using System.Text;
using InstructDiffusion.Engine.Weights.Files;
using InstructDiffusion.Engine.Weights.Pickle;

namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>
/// The form that <c>torch.save</c> has had since 1.6: a zip archive of <c>NAME/data.pkl</c>, the storages <c>NAME/data/KEY</c>
/// (stored, hence read in place) and <c>NAME/byteorder</c>.
/// </summary>
internal sealed class ZipTorchReader
{
    private const string PickleName = "data.pkl";
    private const long MaxPickleLength = 256 << 20;

    // Weights hardly compress; an archive that unpacks to more than this is not made of them.
    private const long MaxInflatedBase = 64 << 20;
    private const long MaxInflatedRatio = 20;

    private readonly ByteSource _bytes;
    private readonly Dictionary<string, ZipEntry> _entries;
    private readonly string _folder;
    private readonly Lock _lock = new();

    // Compressed storages are rare (re-packed archives): one at a time is kept unpacked.
    private (string Name, ByteSource Bytes)? _inflated;

    private ZipTorchReader(ByteSource bytes)
    {
        _bytes = bytes;
        _entries = ZipDirectory.Read(bytes);
        var pickles = _entries
            .Keys.Where(name => name is PickleName || name.EndsWith("/" + PickleName, StringComparison.Ordinal))
            .ToList();
        if (pickles.Count != 1)
        {
            throw Bad($"it is a zip archive with {pickles.Count} data.pkl; a torch file has one");
        }
        _folder = pickles[0][..^PickleName.Length];
    }

    /// <summary>Reads names, shapes and places. Takes ownership of <paramref name="bytes"/> when it succeeds.</summary>
    /// <exception cref="CheckpointFormatException">The file is not of this form or damaged.</exception>
    public static TorchFile Open(ByteSource bytes)
    {
        var reader = new ZipTorchReader(bytes);
        reader.RequireModestSize();
        reader.RequireLittleEndian();
        var globals = new TorchGlobals(bytes.Name);
        using var stream = reader.Content(reader._entries[reader._folder + PickleName], MaxPickleLength).OpenStream();
        var stateDict = StateDict.Find(bytes.Name, PickleReader.Read(stream, globals.PickleOptions));
        foreach (var tensor in stateDict.Tensors.Values)
        {
            reader.Entry(tensor.Storage);
        }
        return new TorchFile(bytes, stateDict, reader.Locate);
    }

    private void RequireModestSize()
    {
        var inflated = _entries.Values.Where(e => e.IsDeflated).Sum(e => (double)e.Length);
        if (inflated > MaxInflatedBase + (MaxInflatedRatio * (double)_bytes.Length))
        {
            throw Bad($"its {_bytes.Length} bytes would unpack to {inflated:0}: a zip bomb, not weights");
        }
    }

    private void RequireLittleEndian()
    {
        if (_entries.TryGetValue(_folder + "byteorder", out var entry))
        {
            using var stream = Content(entry, 64).OpenStream();
            using var text = new StreamReader(stream, Encoding.UTF8);
            if (!string.Equals(text.ReadToEnd().Trim(), "little", StringComparison.Ordinal))
            {
                throw Bad("it was written by a big-endian machine");
            }
        }
    }

    private ZipEntry Entry(TorchStorage storage)
    {
        if (!_entries.TryGetValue($"{_folder}data/{storage.Key}", out var entry))
        {
            throw Bad($"storage '{storage.Key}' is not in the file");
        }
        // The division keeps a hostile count from overflowing.
        return storage.RootCount <= entry.Length / storage.DType!.Value.ByteSize()
            ? entry
            : throw Bad($"storage '{storage.Key}' is shorter than its {storage.RootCount} elements");
    }

    private ByteSource Locate(TorchStorage storage)
    {
        var entry = Entry(storage);
        if (!entry.IsDeflated)
        {
            return ZipDirectory.StoredBytes(_bytes, entry);
        }
        lock (_lock)
        {
            if (_inflated is not { } kept || !string.Equals(kept.Name, entry.Name, StringComparison.Ordinal))
            {
                _inflated = null; // lets go of the last one before the next is unpacked
                _inflated = kept = (entry.Name, Content(entry, Array.MaxLength));
            }
            return kept.Bytes;
        }
    }

    private ByteSource Content(ZipEntry entry, long limit)
    {
        if (entry.Length > limit)
        {
            throw Bad($"zip entry '{entry.Name}' of {entry.Length} bytes is larger than the {limit} allowed");
        }
        var stored = ZipDirectory.StoredBytes(_bytes, entry);
        if (!entry.IsDeflated)
        {
            return stored;
        }
        try
        {
            using var deflated = new DeflateStream(stored.OpenStream(), CompressionMode.Decompress);
            var content = new byte[entry.Length];
            deflated.ReadExactly(content);
            return new MemoryBytes(_bytes.Name, content);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new CheckpointFormatException(_bytes.Name, $"zip entry '{entry.Name}' is damaged", e);
        }
    }

    private CheckpointFormatException Bad(string problem) => new(_bytes.Name, problem);
}
