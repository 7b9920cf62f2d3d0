using System.Buffers.Binary;
using System.Runtime.InteropServices;
using InstructDiffusion.Training.Data;
using Microsoft.Win32.SafeHandles;

namespace InstructDiffusion.Training.Caching;

/// <summary>Latents encoded once, read at every visit; the operating system's page cache keeps what memory allows.</summary>
public sealed class LatentCache : IDisposable
{
    private readonly List<(SafeFileHandle File, long Start)> _shards = [];
    private readonly int _recordLength;

    private LatentCache(LatentCacheKey key)
    {
        Key = key;
        _recordLength = LatentCacheFolder.LatentsPerRecord * key.LatentLength;
    }

    /// <summary>What the latents were made from.</summary>
    public LatentCacheKey Key { get; }

    /// <summary>Opens a complete cache and checks every file's checksum.</summary>
    /// <param name="folder">Where <see cref="LatentCacheBuilder"/> made it.</param>
    /// <param name="key">What it must have been made from.</param>
    /// <exception cref="DatasetException">It is incomplete, damaged, or made from something else.</exception>
    public static LatentCache Open(string folder, LatentCacheKey key)
    {
        LatentCacheIndex index =
            LatentCacheFolder.ReadIndex(folder)
            ?? throw new DatasetException($"{folder}: no complete cache of latents (its index.json is missing)");
        RequireSameKey(folder, index.Key, key);
        var cache = new LatentCache(key);
        try
        {
            for (int shard = 0; shard < LatentCacheFolder.ShardCount(key); shard++)
            {
                cache.OpenShard(LatentCacheFolder.ShardPath(folder, shard), index.Sha256[shard]);
            }
            return cache;
        }
        catch
        {
            cache.Dispose();
            throw;
        }
    }

    /// <summary>Reads the latents of one pair. Any number of threads may read at once.</summary>
    /// <param name="index">Of the pair.</param>
    /// <param name="variant">Which of its augmentations.</param>
    /// <param name="sourceMean">C·h·w values to fill; empty to leave them.</param>
    /// <param name="targetMean">C·h·w values to fill.</param>
    /// <param name="targetLogVariance">C·h·w values to fill.</param>
    /// <exception cref="BrokenSampleException">The pair could not be read when the cache was made.</exception>
    public void Read(
        long index,
        int variant,
        Span<float> sourceMean,
        Span<float> targetMean,
        Span<float> targetLogVariance
    )
    {
        long record = variant * Key.Count + index;
        (long shard, long row) = Math.DivRem(record, LatentCacheFolder.ShardRecords);
        (SafeFileHandle file, long start) = _shards[(int)shard];
        int bytes = _recordLength * 2;
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            int read = RandomAccess.Read(file, buffer.AsSpan(0, bytes), start + row * bytes);
            if (read != bytes)
            {
                throw new DatasetException($"cached latents of pair {index}: the file ends early");
            }
            ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(buffer.AsSpan(0, bytes));
            if (Half.IsNaN(halves[0]))
            {
                throw new BrokenSampleException($"pair {index} could not be read when its latents were cached");
            }
            int length = Key.LatentLength;
            if (!sourceMean.IsEmpty)
            {
                Widen(halves[..length], sourceMean);
            }
            Widen(halves.Slice(length, length), targetMean);
            Widen(halves.Slice(2 * length, length), targetLogVariance);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach ((SafeFileHandle file, _) in _shards)
        {
            file.Dispose();
        }
    }

    internal static void RequireSameKey(string folder, LatentCacheKey found, LatentCacheKey wanted)
    {
        if (!string.Equals(found.ToString(), wanted.ToString(), StringComparison.Ordinal))
        {
            throw new DatasetException(
                $"{folder}: these latents were made from {found}; this run needs {wanted}. Name another folder, or delete this one."
            );
        }
    }

    private static void Widen(ReadOnlySpan<Half> from, Span<float> to)
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = (float)from[i];
        }
    }

    private void OpenShard(string path, string sha256)
    {
        if (!File.Exists(path))
        {
            throw new DatasetException($"{path} is missing");
        }
        if (!string.Equals(LatentCacheFolder.Sha256(path), sha256, StringComparison.Ordinal))
        {
            throw new DatasetException($"{path} is damaged: its checksum differs. Delete it, and it is made again.");
        }
        SafeFileHandle file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        _ = RandomAccess.Read(file, length, 0);
        _shards.Add((file, sizeof(ulong) + (long)BinaryPrimitives.ReadUInt64LittleEndian(length)));
    }
}
