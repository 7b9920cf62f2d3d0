namespace InstructDiffusion.Training.Data.Poses;

/// <summary>
/// The part of a picture that a sample shows: a square around a person, turned and perhaps mirrored. Coordinates are of pixel middles:
/// 0 is the middle of the first pixel.
/// </summary>
/// <param name="Box">The square.</param>
/// <param name="Degrees">How far it is turned.</param>
/// <param name="IsMirrored">Left and right are exchanged.</param>
/// <param name="Resolution">Side of the sample, pixels.</param>
internal readonly record struct PoseFrame(PersonBox Box, double Degrees, bool IsMirrored, int Resolution)
{
    private double PixelsPerPixel => Box.Scale * PersonBox.Unit / Resolution;

    /// <summary>A point of the picture, in the sample.</summary>
    public (double X, double Y) ToSample(double x, double y)
    {
        (double sine, double cosine) = Math.SinCos(double.DegreesToRadians(Degrees));
        double dx = (IsMirrored ? Box.CenterX - x : x - Box.CenterX) / PixelsPerPixel;
        double dy = (y - Box.CenterY) / PixelsPerPixel;
        double half = Resolution * 0.5;
        return ((cosine * dx) + (sine * dy) + half, (cosine * dy) - (sine * dx) + half);
    }

    /// <summary>A point of the sample, in the picture.</summary>
    public (double X, double Y) ToPicture(double x, double y)
    {
        (double sine, double cosine) = Math.SinCos(double.DegreesToRadians(Degrees));
        double half = Resolution * 0.5;
        (x, y) = ((x - half) * PixelsPerPixel, (y - half) * PixelsPerPixel);
        double dx = (cosine * x) - (sine * y);
        return (Box.CenterX + (IsMirrored ? -dx : dx), Box.CenterY + (sine * x) + (cosine * y));
    }
}
