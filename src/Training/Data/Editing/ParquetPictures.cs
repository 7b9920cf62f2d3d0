namespace InstructDiffusion.Training.Data.Editing;

/// <summary>The pictures of a group of rows, as files.</summary>
/// <param name="Sources">Before; null where a row has none.</param>
/// <param name="Targets">After.</param>
internal sealed record ParquetPictures(IReadOnlyList<byte[]?> Sources, IReadOnlyList<byte[]?> Targets)
{
    /// <summary>The picture before, of a row.</summary>
    /// <exception cref="BrokenSampleException">The row has none.</exception>
    public byte[] Source(int row) => Sources[row] ?? throw new BrokenSampleException($"row {row}: no source picture");

    /// <summary>The picture after, of a row.</summary>
    /// <exception cref="BrokenSampleException">The row has none.</exception>
    public byte[] Target(int row) => Targets[row] ?? throw new BrokenSampleException($"row {row}: no target picture");
}
