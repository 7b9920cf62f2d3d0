namespace InstructDiffusion.Training.Data.Demo;

/// <summary>One way to spoil a picture.</summary>
/// <param name="Kind">How.</param>
/// <param name="Strength">
/// Noise: standard deviation in 0…255. Salt and pepper: part of the pixels. Gaussian blur: standard deviation; motion blur: length,
/// both in pixels of a picture of side 64. Watermarks: opacity, 0…1.
/// </param>
/// <param name="Seed">Of the noise.</param>
/// <param name="Angle">Of motion, words or stripes, degrees clockwise.</param>
/// <param name="Text">The word of a watermark.</param>
/// <param name="Color">The colour of a watermark.</param>
/// <param name="Scale">Watermarks: side of a dot of the letters, or width of a stripe, in pixels of a picture of side 64.</param>
public sealed record Degradation(
    DegradationKind Kind,
    double Strength,
    long Seed,
    double Angle = 0,
    string Text = "",
    NamedColor? Color = null,
    double Scale = 1
);
