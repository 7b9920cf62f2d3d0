using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Peak signal-to-noise ratio of 8-bit RGB pictures: 10·log10(255² / MSE) over all channels of the pixels counted.</summary>
internal static class PictureNoise
{
    /// <summary>What equal pictures get, in dB: less than one level of difference in a picture of 64 × 64 pixels is beyond it.</summary>
    public const double CeilingDb = 60;

    /// <summary>Over the whole picture, at most <see cref="CeilingDb"/>.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double Psnr(RgbImage target, RgbImage picture) => Psnr(target, picture, null, true)!.Value;

    /// <summary>Over the pixels where <paramref name="region"/> is <paramref name="inside"/>; null when there are none.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static double? Psnr(RgbImage target, RgbImage picture, bool[]? region, bool inside)
    {
        bool isSameSize = (picture.Width, picture.Height) == (target.Width, target.Height);
        if (!isSameSize || (region is not null && region.Length != target.Width * target.Height))
        {
            throw new ArgumentException(
                $"picture: expected {target.Width}x{target.Height} as the target and its region, got {picture.Width}x{picture.Height}",
                nameof(picture)
            );
        }
        ReadOnlySpan<byte> wanted = target.Pixels;
        ReadOnlySpan<byte> got = picture.Pixels;
        (long squares, long count) = (0, 0);
        for (int at = 0; at < wanted.Length; at++)
        {
            if (region is null || region[at / RgbImage.Channels] == inside)
            {
                long difference = wanted[at] - got[at];
                squares += difference * difference;
                count++;
            }
        }
        if (count == 0)
        {
            return null;
        }
        return squares == 0 ? CeilingDb : Math.Min(CeilingDb, 10 * Math.Log10(255.0 * 255.0 * count / squares));
    }
}
