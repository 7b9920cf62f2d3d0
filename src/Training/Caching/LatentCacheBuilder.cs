using System.Runtime.InteropServices;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Caching;

/// <summary>
/// Encodes every pair of a data set, file by file on several threads. A cache that was left half made goes on where it stopped.
/// </summary>
/// <param name="dataset">What to encode.</param>
/// <param name="autoencoder">Encodes; shared by the threads, not changed.</param>
/// <param name="device">Where it lives.</param>
/// <param name="resolution">Side of the pictures.</param>
/// <param name="key">What the cache is made from.</param>
public sealed class LatentCacheBuilder(
    IEditDataset dataset,
    AutoencoderKL autoencoder,
    Device device,
    int resolution,
    LatentCacheKey key
)
{
    private const int PairsPerPass = 16;

    /// <summary>The key of a cache.</summary>
    /// <param name="dataset">What is encoded.</param>
    /// <param name="autoencoder">What encodes.</param>
    /// <param name="autoencoderSha256">Of its weights.</param>
    /// <param name="resolution">Side of the pictures.</param>
    /// <param name="seed">Of the augmentations.</param>
    /// <param name="variants">Of each pair.</param>
    public static LatentCacheKey KeyOf(
        IEditDataset dataset,
        AutoencoderConfig autoencoder,
        string autoencoderSha256,
        int resolution,
        long seed,
        int variants
    )
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(autoencoder);
        int side = resolution / autoencoder.DownsamplingFactor;
        return new LatentCacheKey
        {
            Dataset = dataset.Fingerprint,
            Autoencoder = autoencoderSha256,
            Seed = seed,
            Count = dataset.Count,
            Variants = variants,
            LatentShape = [autoencoder.LatentChannels, side, side],
        };
    }

    /// <summary>Makes what is missing of the cache.</summary>
    /// <param name="folder">Where; made when it is not there.</param>
    /// <param name="threads">Threads that render and encode.</param>
    /// <param name="progress">Told the pairs done so far, those found there included; called from several threads.</param>
    /// <param name="cancellationToken">Stops between passes; finished files stay.</param>
    /// <exception cref="DatasetException">The folder holds latents made from something else.</exception>
    public void Build(string folder, int threads, Action<long>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        if (LatentCacheFolder.ReadIndex(folder) is { } complete)
        {
            LatentCache.RequireSameKey(folder, complete.Key, key);
        }
        long total = key.Count * key.Variants;
        long shards = LatentCacheFolder.ShardCount(key);
        long done = 0;
        long broken = 0;
        Parallel.For(
            0L,
            shards,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
            shard =>
            {
                string path = LatentCacheFolder.ShardPath(folder, shard);
                long first = shard * LatentCacheFolder.ShardRecords;
                int count = (int)Math.Min(LatentCacheFolder.ShardRecords, total - first);
                if (!IsMade(path))
                {
                    set_num_threads(1);
                    Interlocked.Add(ref broken, MakeShard(path, first, count, Report, cancellationToken));
                }
                else
                {
                    Report(count);
                }
            }
        );
        LatentCacheFolder.WriteIndex(
            folder,
            new LatentCacheIndex(
                key,
                [
                    .. Enumerable
                        .Range(0, (int)shards)
                        .Select(s => LatentCacheFolder.Sha256(LatentCacheFolder.ShardPath(folder, s))),
                ],
                broken
            )
        );

        void Report(long pairs) => progress?.Invoke(Interlocked.Add(ref done, pairs));
    }

    private bool IsMade(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return string.Equals(
            file.Metadata.GetValueOrDefault(LatentCacheFolder.KeyField),
            key.ToString(),
            StringComparison.Ordinal
        )
            ? true
            : throw new DatasetException(
                $"{path} was made from something else: {file.Metadata.GetValueOrDefault(LatentCacheFolder.KeyField)}; this run needs {key}"
            );
    }

    private long MakeShard(string path, long first, int count, Action<long> report, CancellationToken cancellationToken)
    {
        int length = key.LatentLength;
        var records = new Half[(long)count * LatentCacheFolder.LatentsPerRecord * length];
        long broken = 0;
        for (int start = 0; start < count; start += PairsPerPass)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int pairs = Math.Min(PairsPerPass, count - start);
            broken += EncodePairs(
                first + start,
                pairs,
                records.AsSpan(
                    start * LatentCacheFolder.LatentsPerRecord * length,
                    pairs * LatentCacheFolder.LatentsPerRecord * length
                )
            );
            report(pairs);
        }
        using var scope = NewDisposeScope();
        long[] shape = [count, LatentCacheFolder.LatentsPerRecord, .. key.LatentShape.Select(size => (long)size)];
        using var tensors = new NamedTensors(path);
        Tensor packed = empty(shape, ScalarType.Float16);
        MemoryMarshal.AsBytes(records.AsSpan()).CopyTo(packed.bytes);
        tensors.Add(LatentCacheFolder.TensorName, packed);
        SafetensorsWriter.Write(
            path,
            tensors,
            metadata: new Dictionary<string, string> { [LatentCacheFolder.KeyField] = key.ToString() },
            cancellationToken: cancellationToken
        );
        return broken;
    }

    // Rows of the pass: all sources, then all targets.
    private long EncodePairs(long firstRecord, int pairs, Span<Half> records)
    {
        int rowLength = 3 * resolution * resolution;
        var pixels = new float[2 * pairs * rowLength];
        var isBroken = new bool[pairs];
        for (int pair = 0; pair < pairs; pair++)
        {
            (long variant, long index) = Math.DivRem(firstRecord + pair, key.Count);
            try
            {
                EditSample sample = dataset.Read(
                    index,
                    AugmentationOf(key.Seed, index, variant),
                    new CounterRandom(key.Seed, RandomPurpose.Phrasing, index, variant)
                );
                PixelArrays.Write(sample.Source, pixels.AsSpan(pair * rowLength, rowLength));
                PixelArrays.Write(sample.Target, pixels.AsSpan((pairs + pair) * rowLength, rowLength));
            }
            catch (BrokenSampleException)
            {
                isBroken[pair] = true;
            }
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor images = tensor(pixels, [2 * pairs, 3, resolution, resolution]).to(device);
        using DiagonalGaussian posterior = autoencoder.Encode(images);
        float[] means = posterior.Mean.cpu().contiguous().data<float>().ToArray();
        float[] logVariances = posterior.LogVariance.narrow(0, pairs, pairs).cpu().contiguous().data<float>().ToArray();
        int length = key.LatentLength;
        for (int pair = 0; pair < pairs; pair++)
        {
            Span<Half> record = records.Slice(
                pair * LatentCacheFolder.LatentsPerRecord * length,
                LatentCacheFolder.LatentsPerRecord * length
            );
            if (isBroken[pair])
            {
                record.Fill(Half.NaN);
                continue;
            }
            Narrow(means.AsSpan(pair * length, length), record);
            Narrow(means.AsSpan((pairs + pair) * length, length), record[length..]);
            Narrow(logVariances.AsSpan(pair * length, length), record[(2 * length)..]);
        }
        return isBroken.LongCount(b => b);
    }

    /// <summary>The stream that a pair's augmentations are drawn from when its latents are cached.</summary>
    internal static CounterRandom AugmentationOf(long seed, long index, long variant) =>
        new(seed, RandomPurpose.Augmentation, index, variant + 1);

    private static void Narrow(ReadOnlySpan<float> from, Span<Half> to)
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = (Half)from[i];
        }
    }
}
