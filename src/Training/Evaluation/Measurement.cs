namespace InstructDiffusion.Training.Evaluation;

/// <summary>
/// What one picture adds to a figure, which is the sum of the numerators over the sum of the denominators: with a denominator of 1
/// a mean over pictures, with areas the cumulative IoU.
/// </summary>
/// <param name="Numerator">In the figure's unit, times the denominator.</param>
/// <param name="Denominator">0 or more.</param>
internal readonly record struct Measurement(double Numerator, double Denominator)
{
    /// <summary>The figure says nothing of this picture.</summary>
    public static Measurement None => default;

    /// <summary>One picture of a mean.</summary>
    public static Measurement Of(double value) => new(value, 1);

    /// <summary>One picture of a rate in percent.</summary>
    public static Measurement Rate(bool happened) => new(happened ? 100 : 0, 1);
}
