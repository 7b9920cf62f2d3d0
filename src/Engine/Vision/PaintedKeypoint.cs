using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Vision;

/// <summary>Reads a point out of a picture in which the model has marked it with a coloured disc (specification 6.6).</summary>
/// <remarks>
/// S is the picture before, O the painted one, C the colour. A pixel scores 0 where ‖O − S‖ ≤ 25, else α·exp(−d² / 2·40²), where
/// α = ⟨O − S, C − S⟩ / ‖C − S‖² within 0…1 is the part of it that is paint and d how far O is from that mixture of S and C. The
/// disc's shape is correlated with the scores, and the best place is refined by the scores' centroid. The specification scores
/// exp(−‖O − C‖² / 2·40²), which does not see a disc of few pixels once a small autoencoder has mixed it with what is around it.
/// </remarks>
public static class PaintedKeypoint
{
    /// <summary>Below this confidence nothing was drawn.</summary>
    public const double LeastConfidence = 0.3;

    private const double ColorSpread = 40;
    private const double LeastChange = 25;

    // Pixels with less than this part of the disc's mean score are not of its body.
    private const double BodyPart = 0.5;

    /// <summary>Finds the disc.</summary>
    /// <param name="before">The picture before, best after a round trip through the autoencoder, which cancels its errors.</param>
    /// <param name="painted">The model's answer, of the same size.</param>
    /// <param name="color">What it was asked to paint with.</param>
    /// <param name="radius">Of the disc it was trained to draw (pixels with dx² + dy² ≤ r² + 1), at least 1.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ArgumentException">The sizes differ, or the radius is below 1.</exception>
    public static KeypointReading? Find(RgbImage before, RgbImage painted, PaintColor color, int radius)
    {
        PaintedPixels.RequireSameSize(before, painted);
        ArgumentOutOfRangeException.ThrowIfLessThan(radius, 1);
        var scores = new DiscScores(Scores(before, painted, color), before.Width, before.Height, radius);
        (int x, int y) = scores.FindBest();
        double sum = scores.SumAt(x, y);
        double confidence = sum / scores.PixelsAt(x, y);
        if (!(confidence >= LeastConfidence))
        {
            return null;
        }
        // A disc cut off by an edge has its centroid elsewhere.
        (double centerX, double centerY) = scores.IsWhole(x, y)
            ? scores.CentroidAround(x, y, BodyPart * confidence)
            : (x, y);
        return new KeypointReading(centerX, centerY, confidence)
        {
            Distinctness = sum / (sum + Math.Max(0, scores.SumFarFrom(x, y))),
        };
    }

    private static double[] Scores(RgbImage before, RgbImage painted, PaintColor color)
    {
        var scores = new double[before.Width * before.Height];
        for (int i = 0; i < scores.Length; i++)
        {
            if (PaintedPixels.Change(before, painted, i) > LeastChange)
            {
                (double alpha, double distance) = PaintedPixels.MixtureAt(before, painted, i, color);
                scores[i] = alpha * Math.Exp(-distance * distance / (2 * ColorSpread * ColorSpread));
            }
        }
        return scores;
    }
}
