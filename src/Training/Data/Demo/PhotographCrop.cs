namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A square part of a photograph.</summary>
/// <param name="Photograph">Which.</param>
/// <param name="Left">Left edge, pixels of its file.</param>
/// <param name="Top">Top edge, pixels of its file.</param>
/// <param name="Side">Side, pixels of its file.</param>
/// <param name="Flip">Mirrored.</param>
/// <param name="Brightness">Added to every value, −255…255.</param>
/// <param name="Contrast">Scale around middle grey.</param>
public sealed record PhotographCrop(
    DemoPhotograph Photograph,
    double Left,
    double Top,
    double Side,
    bool Flip,
    double Brightness,
    double Contrast
);
