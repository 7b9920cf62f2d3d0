using System.Globalization;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Alignment;

/// <summary>A stretch of a data set as items: their targets are known, so that a picker can measure.</summary>
internal sealed class DatasetAlignmentItems : IAlignmentItems
{
    private readonly IEditDataset _dataset;
    private readonly long _first;
    private readonly long _seed;

    /// <param name="dataset">Where they come from. Best one that is neither trained on nor evaluated with.</param>
    /// <param name="first">Index of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Decides crops and phrasings.</param>
    /// <exception cref="ArgumentOutOfRangeException">The stretch is empty or leaves the data set.</exception>
    public DatasetAlignmentItems(IEditDataset dataset, long first, int count, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, dataset.Count - first);
        (_dataset, _first, _seed) = (dataset, first, seed);
        Ids = [.. Enumerable.Range(0, count).Select(i => (first + i).ToString("D6", CultureInfo.InvariantCulture))];
    }

    public IReadOnlyList<string> Ids { get; }

    public AlignmentItem Read(int index)
    {
        long at = _first + index;
        EditSample sample = _dataset.Read(
            at,
            new CounterRandom(_seed, RandomPurpose.Augmentation, at),
            new CounterRandom(_seed, RandomPurpose.Phrasing, at)
        );
        return new AlignmentItem(Ids[index], sample.Source, sample.Instruction, sample.Target, sample.Task);
    }
}
