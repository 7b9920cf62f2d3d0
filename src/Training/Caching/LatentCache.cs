using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Caching;

/// <summary>
/// The latents of every pair of a data set: encoded once, with its augmentations drawn a fixed number of times, and read at every
/// visit. A record holds the source's mean, the target's mean and the target's log-variance, [3, C, h, w], not scaled.
/// </summary>
internal sealed class LatentCache : IDisposable
{
    private const int LatentsPerRecord = 3;
    private const int PairsPerPass = 16;

    private readonly RecordCache _records;
    private readonly LatentCacheSource _source;

    private LatentCache(RecordCache records, LatentCacheSource source)
    {
        _records = records;
        _source = source;
    }

    /// <summary>Augmentations kept of each pair.</summary>
    public int Variants => _source.Variants;

    /// <summary>Makes what is missing of a cache and opens it.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="source">What it is made from.</param>
    /// <param name="threads">Threads that render and encode.</param>
    /// <param name="progress">Told the records done.</param>
    /// <param name="cancellationToken">Stops between passes; what is finished stays.</param>
    /// <exception cref="DatasetException">The folder holds latents of something else, or is damaged.</exception>
    public static LatentCache Open(
        string folder,
        LatentCacheSource source,
        int threads,
        Action<long>? progress,
        CancellationToken cancellationToken
    )
    {
        RecordCacheFormat format = source.Format;
        RecordCacheBuilder.Build(
            folder,
            format,
            PairsPerPass,
            (first, count, values) => Encode(source, first, count, values),
            threads,
            progress,
            cancellationToken
        );
        return new LatentCache(RecordCache.Open(folder, format), source);
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
        int length = _source.LatentLength;
        var record = new float[LatentsPerRecord * length];
        _records.Read(variant * _source.Dataset.Count + index, record);
        record.AsSpan(0, sourceMean.Length).CopyTo(sourceMean);
        record.AsSpan(length, length).CopyTo(targetMean);
        record.AsSpan(2 * length, length).CopyTo(targetLogVariance);
    }

    /// <summary>The stream that a pair's augmentations were drawn from.</summary>
    public CounterRandom Augmentation(long index, int variant) => _source.Augmentation(index, variant);

    /// <inheritdoc/>
    public void Dispose() => _records.Dispose();

    // Rows of the pass: all sources, then all targets.
    private static void Encode(LatentCacheSource source, long first, int pairs, Span<Half> records)
    {
        int side = source.Resolution;
        int rowLength = 3 * side * side;
        var pixels = new float[2 * pairs * rowLength];
        var isBroken = new bool[pairs];
        for (int pair = 0; pair < pairs; pair++)
        {
            (long variant, long index) = Math.DivRem(first + pair, source.Dataset.Count);
            try
            {
                EditSample sample = source.Dataset.Read(
                    index,
                    source.Augmentation(index, variant),
                    new CounterRandom(source.Seed, RandomPurpose.Phrasing, index, variant)
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
        Tensor images = tensor(pixels, [2 * pairs, 3, side, side]).to(source.Device);
        using DiagonalGaussian posterior = source.Autoencoder.Encode(images);
        Tensor means = posterior.Mean.cpu().contiguous().to(ScalarType.Float16);
        Tensor logVariances = posterior.LogVariance.cpu().contiguous().to(ScalarType.Float16);
        Pack(means.data<Half>().ToArray(), logVariances.data<Half>().ToArray(), isBroken, records);
    }

    private static void Pack(Half[] means, Half[] logVariances, bool[] isBroken, Span<Half> records)
    {
        int pairs = isBroken.Length;
        int length = means.Length / (2 * pairs);
        for (int pair = 0; pair < pairs; pair++)
        {
            Span<Half> record = records.Slice(pair * LatentsPerRecord * length, LatentsPerRecord * length);
            if (isBroken[pair])
            {
                record.Fill(Half.NaN);
                continue;
            }
            means.AsSpan(pair * length, length).CopyTo(record);
            means.AsSpan((pairs + pair) * length, length).CopyTo(record[length..]);
            logVariances.AsSpan((pairs + pair) * length, length).CopyTo(record[(2 * length)..]);
        }
    }
}
