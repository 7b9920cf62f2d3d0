using System.Formats.Tar;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>
/// Writes one shard under temporary names and gives it its own when it is complete. The same samples give the same bytes: no time,
/// no user, no order of its own goes in.
/// </summary>
internal sealed class ShardWriter : IDisposable
{
    private const string Aside = ".part";

    private readonly ShardFile _shard;
    private readonly FileStream _samples;
    private readonly FileStream _records;
    private readonly TarWriter _tar;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private bool _isComplete;

    /// <summary>Begins a shard; what an interrupted run left of it is written over.</summary>
    /// <exception cref="DatasetException">Another process writes it.</exception>
    public ShardWriter(ShardFile shard)
    {
        _shard = shard;
        _samples = Take(shard.Samples + Aside);
        _records = Take(shard.Records + Aside);
        _tar = new TarWriter(_samples, TarEntryFormat.Ustar, leaveOpen: true);
    }

    /// <summary>Adds a sample: its files and record, or, where it is rejected, its record alone.</summary>
    /// <exception cref="ArgumentException">Its name is no name or was there, or its record is too long.</exception>
    public void Add(ShardSample sample)
    {
        ShardRecord record = sample.Record;
        byte[] line = ShardJson.Line(record);
        if (!_ids.Add(record.Id))
        {
            throw new ArgumentException($"id: '{record.Id}' twice in a shard", nameof(sample));
        }
        DiskFullException.Watch(
            _shard.Samples,
            () =>
            {
                _records.Write(line);
                _records.WriteByte((byte)'\n');
                if (record.Rejection is not null)
                {
                    return;
                }
                foreach (ShardMember member in sample.Members)
                {
                    Write($"{record.Id}.{member.Ending}", member.Bytes);
                }
                Write($"{record.Id}.{ShardMember.Record}", line);
            }
        );
    }

    /// <summary>The shard is whole: puts it in place.</summary>
    public void Complete()
    {
        DiskFullException.Watch(
            _shard.Samples,
            () =>
            {
                _tar.Dispose(); // writes the end
                _records.Flush(flushToDisk: true);
                _samples.Flush(flushToDisk: true);
                // Renamed while they are held: nobody else can have begun them in between.
                File.Move(_records.Name, _shard.Records, overwrite: true);
                File.Move(_samples.Name, _shard.Samples, overwrite: true);
            }
        );
        _isComplete = true;
    }

    public void Dispose()
    {
        if (!_isComplete)
        {
            _tar.Dispose();
            File.Delete(_samples.Name);
            File.Delete(_records.Name);
        }
        _records.Dispose();
        _samples.Dispose();
    }

    private void Write(string name, ReadOnlyMemory<byte> bytes)
    {
        using var data = new MemoryStream(bytes.ToArray(), writable: false);
        var entry = new UstarTarEntry(TarEntryType.RegularFile, name)
        {
            ModificationTime = DateTimeOffset.UnixEpoch,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            DataStream = data,
        };
        _tar.WriteEntry(entry);
    }

    // The system takes the lock back when the process ends, however it ends.
    private static FileStream Take(string path)
    {
        try
        {
            // Excludes all others; Windows must be told that the file may be renamed all the same.
            FileShare share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share);
            stream.SetLength(0);
            return stream;
        }
        catch (IOException held) when (File.Exists(path))
        {
            throw new DatasetException($"{path}: another process writes this shard", held);
        }
    }
}
