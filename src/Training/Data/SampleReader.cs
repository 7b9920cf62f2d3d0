using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data;

/// <summary>Reads the sample of a position; one that is broken is replaced by another, drawn from the same seed, and counted.</summary>
/// <param name="seed">Of the run.</param>
/// <param name="mixture">Which sample comes when.</param>
/// <param name="report">Told of each broken sample; called from loader threads.</param>
public sealed class SampleReader(long seed, Mixture mixture, Action<BrokenSampleException>? report = null)
{
    // One in a thousand broken files is the worst that data sets have; ten in a row is a data set that is not there.
    private const int MostTries = 10;

    private long _broken;

    /// <summary>Samples an epoch.</summary>
    public long EpochLength => mixture.EpochLength;

    /// <summary>Broken samples met so far.</summary>
    public long Broken => Interlocked.Read(ref _broken);

    /// <summary>Reads the sample of a position, or a replacement.</summary>
    /// <param name="position">Samples seen before, from 0.</param>
    /// <param name="read">Reads (part of the mixture, index).</param>
    /// <exception cref="DatasetException">Ten in a row are broken.</exception>
    public T Read<T>(long position, Func<int, long, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        (int part, long index) = mixture.At(position);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return read(part, index);
            }
            catch (BrokenSampleException broken)
            {
                Interlocked.Increment(ref _broken);
                report?.Invoke(broken);
                if (attempt == MostTries)
                {
                    throw new DatasetException(
                        $"{MostTries} samples in a row are broken, the last: {broken.Message}",
                        broken
                    );
                }
            }
            var random = new CounterRandom(seed, RandomPurpose.Order, long.MinValue + position, attempt);
            (part, index) = mixture.At(random.Next(mixture.EpochLength));
        }
    }
}
