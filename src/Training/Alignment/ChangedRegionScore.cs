using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Alignment;

/// <summary>
/// Peak signal-to-noise ratio in which the region that had to change counts as much as all the rest. Plain PSNR hardly sees a
/// small object that was left where it was; a measure of the region alone does not see a spoilt background.
/// </summary>
internal static class ChangedRegionScore
{
    /// <summary>The name in exports.</summary>
    public const string Metric = "changed_region_psnr";

    /// <summary>A pixel had to change where a channel of source and target differs by more: above the noise of a JPEG.</summary>
    private const int Threshold = 12;

    /// <summary>What equal pictures get, in dB.</summary>
    private const double Ceiling = 100;

    /// <summary>10·log10(255² / ½(MSE inside + MSE outside)), at most 100 dB; a region without pixels counts as equal.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double Psnr(RgbImage source, RgbImage target, RgbImage candidate)
    {
        ReadOnlySpan<byte> before = source.Pixels;
        ReadOnlySpan<byte> wanted = target.Pixels;
        ReadOnlySpan<byte> got = candidate.Pixels;
        if (
            (target.Width, target.Height) != (source.Width, source.Height)
            || (candidate.Width, candidate.Height) != (source.Width, source.Height)
        )
        {
            throw new ArgumentException(
                $"candidate: source, target and candidate must be of one size, got {source.Width}x{source.Height}, "
                    + $"{target.Width}x{target.Height} and {candidate.Width}x{candidate.Height}",
                nameof(candidate)
            );
        }
        Span<double> errors = [0, 0]; // outside, inside
        Span<long> counts = [0, 0];
        for (int at = 0; at < wanted.Length; at += RgbImage.Channels)
        {
            bool mustChange = false;
            double error = 0;
            for (int c = at; c < at + RgbImage.Channels; c++)
            {
                mustChange |= Math.Abs(wanted[c] - before[c]) > Threshold;
                int difference = wanted[c] - got[c];
                error += difference * difference;
            }
            int region = mustChange ? 1 : 0;
            errors[region] += error;
            counts[region] += RgbImage.Channels;
        }
        double mean = 0.5 * (errors[0] / Math.Max(counts[0], 1) + errors[1] / Math.Max(counts[1], 1));
        return mean > 0 ? Math.Min(Ceiling, 10 * Math.Log10(255.0 * 255.0 / mean)) : Ceiling;
    }
}
