using System.Numerics;

namespace InstructDiffusion.Server.Load.Measuring;

/// <summary>
/// Times counted in buckets that grow with the time, as HdrHistogram has them: any quantile is within 0.8 % of the truth, and
/// the memory does not grow with the number of times.
/// </summary>
internal sealed class LatencyHistogram
{
    // Each power of two is cut into so many buckets; below it every microsecond has its own.
    private const int BucketBits = 7;
    private const int Buckets = 1 << BucketBits;

    private readonly long[] _counts = new long[Buckets * (64 - BucketBits)];
    private long _longest;

    /// <summary>Times counted.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, exactly.</summary>
    public TimeSpan Longest => TimeSpan.FromMicroseconds(_longest);

    /// <summary>Counts one, not negative.</summary>
    public void Add(TimeSpan time)
    {
        long microseconds = Math.Max(0, (long)time.TotalMicroseconds);
        _counts[IndexOf(microseconds)]++;
        _longest = Math.Max(_longest, microseconds);
        Count++;
    }

    /// <summary>The time that this share of the times does not exceed; null when there are none.</summary>
    /// <param name="share">0…1.</param>
    public TimeSpan? Quantile(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (int index = 0; index < _counts.Length && Count > 0; index++)
        {
            seen += _counts[index];
            if (seen >= wanted)
            {
                return TimeSpan.FromMicroseconds(Math.Min(UpperEdge(index), _longest));
            }
        }
        return null;
    }

    private static int IndexOf(long value)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)value | 1) - BucketBits);
        return shift * Buckets + (int)(value >> shift);
    }

    private static long UpperEdge(int index)
    {
        int shift = Math.Max(0, index / Buckets - 1);
        long bucket = index - (long)shift * Buckets;
        return ((bucket + 1) << shift) - 1;
    }
}
