using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Checking;

/// <summary>Draws pairs of a data set as training would see them.</summary>
internal static class DatasetPreview
{
    /// <summary>A sheet of some pairs, each another one, drawn by the seed.</summary>
    /// <param name="dataset">The set.</param>
    /// <param name="resolution">It was opened with.</param>
    /// <param name="count">Pairs at most.</param>
    /// <param name="seed">Another seed draws other pairs, crops and wordings.</param>
    /// <returns>A PNG file.</returns>
    public static byte[] Draw(IEditDataset dataset, int resolution, int count, long seed)
    {
        var sheet = new PairSheet(resolution);
        var order = new VisitOrder(seed, dataset.Count);
        for (long i = 0; i < Math.Min(count, dataset.Count); i++)
        {
            try
            {
                sheet.Add(Read(dataset, order.At(i), seed));
            }
            catch (BrokenSampleException broken)
            {
                sheet.AddBroken(broken.Message);
            }
        }
        return sheet.Draw();
    }

    /// <summary>A pair with the crops and words of this seed.</summary>
    /// <exception cref="BrokenSampleException">It cannot be read.</exception>
    public static EditSample Read(IEditDataset dataset, long index, long seed) =>
        dataset.Read(
            index,
            new CounterRandom(seed, RandomPurpose.Augmentation, index),
            new CounterRandom(seed, RandomPurpose.Phrasing, index)
        );
}
