namespace InstructDiffusion.Training.Data.Poses;

/// <summary>A person of a picture: where, how large, and its joints, in pixels of the picture as stored.</summary>
/// <param name="Image">The picture's file, relative to the data set's folder.</param>
/// <param name="Box">The square around the person.</param>
/// <param name="Joints">x y x y …; of joints without a label whatever is stored.</param>
/// <param name="Visible">A bit a joint: it has a label.</param>
internal sealed record Person(string Image, PersonBox Box, float[] Joints, uint Visible)
{
    /// <summary>Coordinates beyond this are no pixels of any picture.</summary>
    private const double FarthestCoordinate = 100_000;

    /// <summary>Of the person's mask, pixels²; where the set has none, of the box.</summary>
    public double Area { get; init; }

    /// <summary>The box as annotated: left, top, width and height, pixels.</summary>
    public (double X, double Y, double Width, double Height) Bounds { get; init; }

    /// <summary>Joints with a label.</summary>
    public int VisibleCount => int.PopCount((int)Visible);

    /// <summary>Whether a joint has a label.</summary>
    public bool IsVisible(int joint) => ((Visible >> joint) & 1) != 0;

    /// <summary>Where a joint is.</summary>
    public (double X, double Y) JointAt(int joint) => (Joints[2 * joint], Joints[(2 * joint) + 1]);

    /// <summary>Whether a number can be a coordinate.</summary>
    public static bool IsPlace(double coordinate) => Math.Abs(coordinate) <= FarthestCoordinate;
}

/// <summary>A square around a person: the centre, and the side in units of 200 pixels, as these data sets have it.</summary>
/// <param name="CenterX">Pixels.</param>
/// <param name="CenterY">Pixels.</param>
/// <param name="Scale">Side / 200.</param>
internal readonly record struct PersonBox(double CenterX, double CenterY, double Scale)
{
    /// <summary>Pixels a unit of scale.</summary>
    public const double Unit = 200;

    // The person and a little around it.
    private const double Padding = 1.25;

    /// <summary>The square of a box: its longer side, a quarter more.</summary>
    public static PersonBox Of(double left, double top, double width, double height) =>
        new(left + (width * 0.5), top + (height * 0.5), Math.Max(width, height) / Unit * Padding);
}
