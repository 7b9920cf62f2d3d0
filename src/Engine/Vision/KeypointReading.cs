namespace InstructDiffusion.Engine.Vision;

/// <summary>Where a disc was found.</summary>
/// <param name="X">Pixels from the left, the first pixel's centre being 0.</param>
/// <param name="Y">Pixels from the top.</param>
/// <param name="Confidence">Part of the disc that is painted, up to 1.</param>
public readonly record struct KeypointReading(double X, double Y, double Confidence)
{
    /// <summary>
    /// Part of all the paint in the picture that lies in the disc, above 0 and up to 1: one half where there are two discs, near 0
    /// where the colour is everywhere and no place is marked.
    /// </summary>
    public double Distinctness { get; init; } = 1;
}
