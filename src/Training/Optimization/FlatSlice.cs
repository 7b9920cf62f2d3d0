namespace InstructDiffusion.Training.Optimization;

/// <summary>Where one parameter lies in a flat buffer.</summary>
/// <param name="Name">The module's prefix, a dot, and the parameter's name: "unet.conv_in.weight".</param>
/// <param name="Offset">Index of its first element, a multiple of <see cref="FlatLayout.Alignment"/>.</param>
/// <param name="Shape">The parameter's shape; its elements lie in row-major order.</param>
public sealed record FlatSlice(string Name, long Offset, IReadOnlyList<long> Shape)
{
    /// <summary>Elements of the parameter.</summary>
    public long Count { get; } = Shape.Aggregate(1L, (product, size) => checked(product * size));
}
