namespace InstructDiffusion.Training.Construction.Web.Pairs;

/// <summary>Which pairs are kept, and how large they are written.</summary>
internal sealed record PairOptions
{
    /// <summary>Bits in which the hashes of near-duplicates differ at most, 0…16.</summary>
    public int NearBits { get; init; } = 4;

    /// <summary>Bits in which source and result may differ; beyond, the result is another picture.</summary>
    public int MostBits { get; init; } = 26;

    /// <summary>By which part the aspect ratios of source and result may differ.</summary>
    public double AspectTolerance { get; init; } = 0.03;

    /// <summary>Shorter side of either picture at least, pixels.</summary>
    public int LeastSide { get; init; } = 256;

    /// <summary>Longer side of the pictures that are written at most, pixels.</summary>
    public int MostSide { get; init; } = 1024;
}
