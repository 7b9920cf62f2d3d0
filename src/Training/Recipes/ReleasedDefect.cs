namespace InstructDiffusion.Training.Recipes;

/// <summary>
/// Defects of the authors' released loaders. They are mended unless a source's <c>as_released</c> names them; <c>docs/datasets.md</c>
/// says what each does to a sample.
/// </summary>
public enum ReleasedDefect
{
    /// <summary>Every one that the kind has.</summary>
    All,

    /// <summary>The upper half of a body is chosen when a normal number, not a uniform one, is below 0.5: in 69 % of cases.</summary>
    HalfBodyNormalDraw,

    /// <summary>
    /// Whether a joint without a label lies in the frame is decided at its stored coordinates, in pixels of the whole picture.
    /// </summary>
    UntransformedHiddenJoints,

    /// <summary>Positions are rounded towards zero: those left of or above the frame by a pixel less than half.</summary>
    TruncatedPositions,

    /// <summary>A disc that ends just before the frame's left or upper edge counts as in the frame: it is named and not seen.</summary>
    EdgeClause,

    /// <summary>The instruction is empty where every joint asked for lies outside the frame.</summary>
    EmptyInstruction,

    /// <summary>Overlays are rounded down.</summary>
    TruncatedOverlay,

    /// <summary>Every other class that is present stays among those that are asked for as absent.</summary>
    AbsentListGaps,

    /// <summary>Where two polygons of an object overlap, its mask has a hole.</summary>
    PolygonHoles,

    /// <summary>Sources and targets are paired by their order, not by their names.</summary>
    PairsByOrder,

    /// <summary>Pairs are mirrored even where the instruction says left or right.</summary>
    FlipsSides,

    /// <summary>A picture that cannot be decoded is a white one.</summary>
    WhiteForBroken,

    /// <summary>Pictures are not turned upright by their EXIF orientation.</summary>
    IgnoresOrientation,
}
