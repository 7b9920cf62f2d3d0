using System.Numerics;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data;

/// <summary>
/// The order in which a data set is seen: a different permutation of it every epoch, computed for one position at a time by a
/// Feistel network with cycle walking (Black and Rogaway 2002). Nothing is shuffled in memory, and a run that goes on in the
/// middle of an epoch needs no more than its step.
/// </summary>
/// <param name="seed">Of the run.</param>
/// <param name="count">Entries of an epoch, at least 1.</param>
public sealed class VisitOrder(long seed, long count)
{
    private const int Rounds = 4;

    // Bits of each half, so that both together number at least count entries and fewer than four times as many.
    private readonly int _halfBits = (Math.Max(1, BitOperations.Log2((ulong)Math.Max(1, count - 1)) + 1) + 1) / 2;

    /// <summary>Entries of an epoch.</summary>
    public long Count { get; } =
        count >= 1 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "count: expected at least 1");

    /// <summary>What is seen at a position.</summary>
    /// <param name="position">Samples seen before, over all epochs, from 0.</param>
    /// <returns>0…<see cref="Count"/> − 1; each once an epoch.</returns>
    public long At(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        (long epoch, long entry) = Math.DivRem(position, Count);
        ulong value = (ulong)entry;
        do
        {
            value = Permute(value, epoch);
        } while (value >= (ulong)Count);
        return (long)value;
    }

    private ulong Permute(ulong value, long epoch)
    {
        ulong mask = (1UL << _halfBits) - 1;
        ulong left = value >> _halfBits;
        ulong right = value & mask;
        for (int round = 0; round < Rounds; round++)
        {
            var mixed = new CounterRandom(seed, RandomPurpose.Order, epoch * Rounds + round, (long)right);
            (left, right) = (right, left ^ (mixed.NextBits() & mask));
        }
        return (left << _halfBits) | right;
    }
}
