namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>Where the pictures of a part and their maps of labels lie, and what the labels mean.</summary>
internal sealed record LabelLayout
{
    /// <summary>Picture and map, relative to the set's folder.</summary>
    public required IReadOnlyList<(string Image, string Map)> Files { get; init; }

    /// <summary>Names of the classes, lower case.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>The class of a stored label: <see cref="LabelMap.None"/> for pixels without one, null for a label that cannot be.</summary>
    public required Func<ushort, ushort?> ClassOf { get; init; }

    /// <summary>Which labels can be, in words.</summary>
    public required string Expected { get; init; }
}
