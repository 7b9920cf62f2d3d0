using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data;

/// <summary>A colour and the word that instructions use for it.</summary>
/// <param name="Name">Lower case, one word.</param>
/// <param name="Red">0…255.</param>
/// <param name="Green">0…255.</param>
/// <param name="Blue">0…255.</param>
public sealed record NamedColor(string Name, byte Red, byte Green, byte Blue)
{
    /// <summary>Those that segmentation overlays have (specification 4.2: <c>color_list_train_small</c>; green is the dark one).</summary>
    public static IReadOnlyList<NamedColor> Segmentation { get; } = [.. PaintPalette.Segmentation.Select(Of)];

    /// <summary>Those that keypoint discs have (specification 4.2; green is the light one).</summary>
    public static IReadOnlyList<NamedColor> Keypoints { get; } = [.. PaintPalette.Keypoints.Select(Of)];

    /// <summary>Euclidean distance in RGB, 0…442.</summary>
    public double DistanceTo(double red, double green, double blue) =>
        Math.Sqrt((Red - red) * (Red - red) + (Green - green) * (Green - green) + (Blue - blue) * (Blue - blue));

    /// <summary>
    /// Draws a colour that stands out from those it will lie on or beside; when none is far enough, the farthest.
    /// </summary>
    /// <param name="palette">The colours to draw from.</param>
    /// <param name="surroundings">Mean colours, R G B.</param>
    /// <param name="distance">How far from each of them is enough.</param>
    /// <param name="random">Moves on by at most one draw.</param>
    public static NamedColor PickVisible(
        IReadOnlyList<NamedColor> palette,
        IReadOnlyList<(double Red, double Green, double Blue)> surroundings,
        double distance,
        ref CounterRandom random
    )
    {
        ArgumentNullException.ThrowIfNull(palette);
        double Nearest(NamedColor color) =>
            surroundings.Count == 0 ? double.MaxValue : surroundings.Min(c => color.DistanceTo(c.Red, c.Green, c.Blue));
        NamedColor[] visible = [.. palette.Where(color => Nearest(color) >= distance)];
        return visible.Length > 0 ? random.Pick(visible) : palette.MaxBy(Nearest)!;
    }

    private static NamedColor Of(NamedPaint paint) =>
        new(paint.Name, paint.Color.Red, paint.Color.Green, paint.Color.Blue);
}
