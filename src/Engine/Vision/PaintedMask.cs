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

    /// <summary>Distance from the mixture of picture and colour at which paint counts little.</summary>
    private const double ColorSpread = 40;

    /// <summary>Pixels of the smallest piece of a mask in a small picture.</summary>
    private const int SmallestPiece = 8;

    /// <summary>One thousandth of a large picture is the smallest piece.</summary>
    private const int PicturePerPiece = 1000;

    /// <summary>A piece of a mask that is less clearly painted than this was not painted.</summary>
    public const double LeastConfidence = 0.3;

    /// <summary>Finds the covered pixels.</summary>
    /// <param name="before">The picture before, best after a round trip through the autoencoder, which cancels its errors.</param>
    /// <param name="painted">The model's answer, of the same size.</param>
    /// <param name="color">What it was asked to paint with.</param>
    /// <returns>One entry a pixel, row by row; smoothed by a 3×3 median and without tiny pieces.</returns>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static bool[] Read(RgbImage before, RgbImage painted, PaintColor color)
    {
        PaintedPixels.RequireSameSize(before, painted);
        (bool[] mask, _) = Cover(before, painted, color);
        return mask;
    }

    /// <summary>As <see cref="Read"/>, with soft outlines, the pieces and how clearly each is painted.</summary>
    /// <remarks>
    /// A piece's confidence is the mean over its pixels of min(1, 2α)·exp(−d² / 2·40²), d being how far O is from the mixture of S and
    /// C, times one less the mean over the pixels outside of min(1, ‖O − S‖ / ½‖C − S‖): 1 for an overlay of half the colour on a
    /// picture that is otherwise kept, near 0 for a picture that has changed everywhere. It tells how clear the paint is, not
    /// whether the right thing was painted. Pieces below <see cref="LeastConfidence"/> are left out.
    /// </remarks>
    /// <param name="before">The picture before, best after a round trip through the autoencoder, which cancels its errors.</param>
    /// <param name="painted">The model's answer, of the same size.</param>
    /// <param name="color">What it was asked to paint with.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static MaskReading ReadPieces(RgbImage before, RgbImage painted, PaintColor color)
    {
        PaintedPixels.RequireSameSize(before, painted);
        (bool[] mask, double leastChange) = Cover(before, painted, color);
        int[] pieces = MaskCleaning.Label(mask, before.Width, out int count);
        var clarity = new MaskClarity(count);
        byte[] shares = new byte[mask.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            (double alpha, double distance) = PaintedPixels.PaintAt(before, painted, i, color);
            double change = PaintedPixels.Change(before, painted, i);
            bool isTrusted = distance > TrustedDistance;
            double share = Math.Clamp(isTrusted ? alpha / (2 * PaintThreshold) : change / (2 * leastChange), 0, 1);
            if (mask[i])
            {
                double off = isTrusted ? PaintedPixels.MixtureAt(before, painted, i, color).Distance : 0;
                clarity.AddInside(pieces[i] - 1, share * Math.Exp(-off * off / (2 * ColorSpread * ColorSpread)));
                shares[i] = share > 0.5 ? ToByte(share) : byte.MaxValue; // a hole that was filled
            }
            else
            {
                clarity.AddOutside(Math.Min(1, change / (isTrusted ? distance / 2 : 2 * leastChange)));
                shares[i] = share > 0.5 ? (byte)0 : ToByte(share); // speckle that was dropped
            }
        }
        return clarity.Keep(LeastConfidence, before.Width, shares, pieces);
    }

    // Above one half gives above 127, one half or less gives no more.
    private static byte ToByte(double share) => (byte)Math.Ceiling((share - 0.5) * 255 + 127);

    private static (bool[] Mask, double LeastChange) Cover(RgbImage before, RgbImage painted, PaintColor color)
    {
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
        return (mask, least);
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
