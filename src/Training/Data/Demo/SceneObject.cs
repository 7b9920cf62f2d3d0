namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A cut-out in a scene. Lengths are fractions of the picture's side.</summary>
/// <param name="Noun">What it is.</param>
/// <param name="Glyph">Which picture of it.</param>
/// <param name="CenterX">Centre, 0 left … 1 right.</param>
/// <param name="CenterY">Centre, 0 top … 1 bottom.</param>
/// <param name="Size">Its longer side before it is turned.</param>
/// <param name="Angle">Clockwise, degrees.</param>
/// <param name="Flip">Mirrored.</param>
/// <param name="Red">Scale of red.</param>
/// <param name="Green">Scale of green.</param>
/// <param name="Blue">Scale of blue.</param>
public sealed record SceneObject(
    DemoNoun Noun,
    DemoGlyph Glyph,
    double CenterX,
    double CenterY,
    double Size,
    double Angle = 0,
    bool Flip = false,
    double Red = 1,
    double Green = 1,
    double Blue = 1
)
{
    /// <summary>Width and height of the upright box around it.</summary>
    public (double Width, double Height) Extent
    {
        get
        {
            double longer = Math.Max(Glyph.Width, Glyph.Height);
            (double sine, double cosine) = Math.SinCos(Angle * Math.PI / 180);
            double width = Size * Glyph.Width / longer;
            double height = Size * Glyph.Height / longer;
            return (
                Math.Abs(width * cosine) + Math.Abs(height * sine),
                Math.Abs(width * sine) + Math.Abs(height * cosine)
            );
        }
    }

    /// <summary>The part of the smaller of two boxes that the other covers, 0…1.</summary>
    public double OverlapWith(SceneObject other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (double width, double height) = Extent;
        (double otherWidth, double otherHeight) = other.Extent;
        double x =
            Math.Min(CenterX + width / 2, other.CenterX + otherWidth / 2)
            - Math.Max(CenterX - width / 2, other.CenterX - otherWidth / 2);
        double y =
            Math.Min(CenterY + height / 2, other.CenterY + otherHeight / 2)
            - Math.Max(CenterY - height / 2, other.CenterY - otherHeight / 2);
        return Math.Max(0, x) * Math.Max(0, y) / Math.Min(width * height, otherWidth * otherHeight);
    }
}
