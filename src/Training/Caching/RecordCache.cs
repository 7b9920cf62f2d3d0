using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using InstructDiffusion.Training.Data;
using Microsoft.Win32.SafeHandles;

namespace InstructDiffusion.Training.Caching;

/// <summary>Records computed once, read at every visit; the operating system's page cache keeps what memory allows.</summary>
internal sealed class RecordCache : IDisposable
{
    private readonly List<(SafeFileHandle File, long Start)> _files = [];

    private RecordCache(RecordCacheFormat format) => Format = format;

    public RecordCacheFormat Format { get; }

    /// <summary>Opens a complete cache and checks every file's checksum.</summary>
    /// <exception cref="DatasetException">It is incomplete, damaged, or made from something else.</exception>
    public static RecordCache Open(string folder, RecordCacheFormat format)
    {
        RecordCacheIndex index =
            RecordCacheFormat.ReadIndex(folder)
            ?? throw new DatasetException($"{folder}: no complete cache (its index.json is missing)");
        format.RequireKey(folder, index.Key);
        if (index.Sha256.Count != format.FileCount)
        {
            throw new DatasetException(
                $"{folder}: its index names {index.Sha256.Count} files, expected {format.FileCount}"
            );
        }
        var cache = new RecordCache(format);
        try
        {
            for (int file = 0; file < format.FileCount; file++)
            {
                cache.OpenFile(RecordCacheFormat.FilePath(folder, file), index.Sha256[file]);
            }
            return cache;
        }
        catch
        {
            cache.Dispose();
            throw;
        }
    }

    /// <summary>Reads one record. Any number of threads may read at once.</summary>
    /// <param name="record">0…count − 1.</param>
    /// <param name="values">Filled; of the record's length.</param>
    /// <exception cref="BrokenSampleException">The record could not be made.</exception>
    public void Read(long record, Span<float> values)
    {
        (long file, long row) = Math.DivRem(record, RecordCacheFormat.RecordsPerFile);
        (SafeFileHandle handle, long start) = _files[(int)file];
        int bytes = Format.RecordLength * sizeof(ushort);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            if (RandomAccess.Read(handle, buffer.AsSpan(0, bytes), start + row * bytes) != bytes)
            {
                throw new DatasetException($"cached record {record}: the file ends early");
            }
            ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(buffer.AsSpan(0, bytes));
            if (Half.IsNaN(halves[0]))
            {
                throw new BrokenSampleException($"record {record} could not be made when it was cached");
            }
            for (int i = 0; i < halves.Length; i++)
            {
                values[i] = (float)halves[i];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        foreach ((SafeFileHandle file, _) in _files)
        {
            file.Dispose();
        }
    }

    private void OpenFile(string path, string sha256)
    {
        if (!File.Exists(path))
        {
            throw new DatasetException($"{path} is missing: delete index.json, and it is made again");
        }
        if (!string.Equals(RecordCacheFormat.Checksum(path), sha256, StringComparison.Ordinal))
        {
            throw new DatasetException(
                $"{path} is damaged: its checksum differs. Delete it and index.json, and it is made again."
            );
        }
        SafeFileHandle file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        _ = RandomAccess.Read(file, length, 0);
        _files.Add((file, sizeof(ulong) + (long)BinaryPrimitives.ReadUInt64LittleEndian(length)));
    }
}
