using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Vision;

/// <summary>Reads a mask out of a picture in which the model has covered an object half with a colour (specification 6.6).</summary>
/// <remarks>
/// S is the picture before, O the painted one, C the colour. The part of a pixel that is paint is
/// α = ⟨O − S, C − S⟩ / ‖C − S‖², about one half under an overlay; half of that decides. Where a pixel has nearly the colour
/// already, α says nothing, and the change itself decides, against the change that unpainted pixels show.
/// </remarks>
public static class PaintedMask
{
    /// <summary>Half of an overlay's opacity.</summary>
    private const double PaintThreshold = 0.25;

    /// <summary>‖C − S‖ above which α is trusted.</summary>
    private const double TrustedDistance = 60;

    /// <summary>How many times the usual change an untrusted pixel must show.</summary>
    private const double NoiseFactor = 3;

    /// <summary>Least ‖O − S‖ of a changed pixel where the usual change is small.</summary>
    private const double LeastChange = 12;

    /// <summary>Pixels of the smallest piece of a mask in a small picture.</summary>
    private const int SmallestPiece = 8;

    /// <summary>One thousandth of a large picture is the smallest piece.</summary>
    private const int PicturePerPiece = 1000;

    /// <summary>Finds the covered pixels.</summary>
    /// <param name="before">The picture before, best after a round trip through the autoencoder, which cancels its errors.</param>
    /// <param name="painted">The model's answer, of the same size.</param>
    /// <param name="color">What it was asked to paint with.</param>
    /// <returns>One entry a pixel, row by row; smoothed by a 3×3 median and without tiny pieces.</returns>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static bool[] Read(RgbImage before, RgbImage painted, PaintColor color)
    {
        PaintedPixels.RequireSameSize(before, painted);
        int count = before.Width * before.Height;
        var mask = new bool[count];
        var untrusted = new List<int>();
        var unpainted = new List<double>();
        for (int i = 0; i < count; i++)
        {
            (double alpha, double distance) = PaintedPixels.PaintAt(before, painted, i, color);
            if (distance <= TrustedDistance)
            {
                untrusted.Add(i);
                continue;
            }
            mask[i] = alpha > PaintThreshold;
            if (!mask[i])
            {
                unpainted.Add(PaintedPixels.Change(before, painted, i));
            }
        }
        double least = Math.Max(LeastChange, NoiseFactor * Median(unpainted));
        foreach (int i in untrusted)
        {
            mask[i] = PaintedPixels.Change(before, painted, i) > least;
        }
        mask = MaskCleaning.Median(mask, before.Width, before.Height);
        MaskCleaning.DropSmall(mask, before.Width, Math.Max(SmallestPiece, count / PicturePerPiece));
        return mask;
    }

    private static double Median(List<double> values)
    {
        if (values.Count == 0)
        {
            return 0;
        }
        values.Sort();
        return values[values.Count / 2];
    }
}
