using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data;

/// <summary>
/// Several data sets as one, by weights as the authors' (specification 3.2.6): a set of N pairs and weight w has ⌊N·w⌋ entries
/// an epoch. From 1 on each pair comes ⌊w⌋ times or once more; below 1 each entry stands for about 1/w pairs, of which every visit draws one.
/// </summary>
public sealed class Mixture
{
    private readonly long _seed;
    private readonly (long Count, double Weight, long Start)[] _parts;
    private readonly VisitOrder _order;

    /// <summary>A mixture.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="parts">Pairs and weight of each data set.</param>
    /// <exception cref="ArgumentException">Nothing in it.</exception>
    public Mixture(long seed, IReadOnlyList<(long Count, double Weight)> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        _seed = seed;
        _parts = new (long, double, long)[parts.Count];
        long total = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            _parts[i] = (parts[i].Count, parts[i].Weight, total);
            total += (long)Math.Floor(parts[i].Count * parts[i].Weight);
        }
        if (total < 1)
        {
            throw new ArgumentException("parts: the weights leave nothing to train on", nameof(parts));
        }
        _order = new VisitOrder(seed, total);
    }

    /// <summary>Entries of an epoch.</summary>
    public long EpochLength => _order.Count;

    /// <summary>The pair at a position.</summary>
    /// <param name="position">Samples seen before, from 0.</param>
    /// <returns>Which data set, and the index in it.</returns>
    public (int Part, long Index) At(long position)
    {
        long entry = _order.At(position);
        int part = Array.FindLastIndex(_parts, p => p.Start <= entry);
        (long count, double weight, long start) = _parts[part];
        long local = entry - start;
        if (weight >= 1)
        {
            return (part, local % count);
        }
        var random = new CounterRandom(_seed, RandomPurpose.Order, -1 - position);
        long first = (long)Math.Floor(local / weight);
        long beyond = Math.Min(count, (long)Math.Floor((local + 1) / weight));
        return (part, first + random.Next(Math.Max(1, beyond - first)));
    }
}
