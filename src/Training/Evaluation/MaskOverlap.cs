namespace InstructDiffusion.Training.Evaluation;

/// <summary>How well two masks agree.</summary>
/// <param name="Intersection">Pixels of both.</param>
/// <param name="Union">Pixels of either.</param>
internal readonly record struct MaskOverlap(int Intersection, int Union)
{
    /// <summary>Intersection over union, 0…1; 1 for two empty masks.</summary>
    public double Iou => Union == 0 ? 1 : (double)Intersection / Union;

    /// <summary>Counts.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static MaskOverlap Of(bool[] truth, bool[] mask)
    {
        if (mask.Length != truth.Length)
        {
            throw new ArgumentException($"mask: expected {truth.Length} pixels, got {mask.Length}", nameof(mask));
        }
        (int intersection, int union) = (0, 0);
        for (int i = 0; i < truth.Length; i++)
        {
            intersection += truth[i] && mask[i] ? 1 : 0;
            union += truth[i] || mask[i] ? 1 : 0;
        }
        return new MaskOverlap(intersection, union);
    }
}
