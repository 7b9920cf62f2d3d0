namespace InstructDiffusion.Training.Data.Editing;

/// <summary>Parts of sets that come in one piece: the first 90 % to train on, then 5 % and 5 % (specification 4.7).</summary>
internal static class EditingSplits
{
    /// <summary>Where a part lies in a list.</summary>
    /// <param name="count">Entries of the list.</param>
    /// <param name="split">train, val or test.</param>
    /// <exception cref="DatasetException">It is none of them.</exception>
    public static Range Of(int count, string split)
    {
        // In whole numbers: 0.9 + 0.05 is not 0.95.
        int trained = (int)(count * 90L / 100);
        int validated = (int)(count * 95L / 100);
        return split switch
        {
            "train" => ..trained,
            "val" => trained..validated,
            "test" => validated..count,
            _ => throw new DatasetException($"split: expected train, val or test, got {split}"),
        };
    }
}
