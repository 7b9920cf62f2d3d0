using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Construction.Web.Pairs;

/// <summary>Whether anything was changed at all.</summary>
internal static class PairContrast
{
    private const int Side = 256;

    // What compression and resizing do to a pixel of the small picture, of 255.
    private const int Noise = 24;

    // Some 60 of 65,536 pixels: a mole that was taken out counts, a few specks of compression do not.
    private const double LeastPart = 0.001;

    /// <summary>Whether source and result differ by more than compression.</summary>
    public static bool IsThere(RgbImage source, RgbImage result)
    {
        var size = new ImageSize(Side, Side);
        RgbImage before = ImageResizer.Resize(source, size, ResizeFilter.Bilinear);
        RgbImage after = ImageResizer.Resize(result, size, ResizeFilter.Bilinear);
        int changed = 0;
        for (int i = 0; i < before.Pixels.Length; i += RgbImage.Channels)
        {
            int most = 0;
            for (int channel = 0; channel < RgbImage.Channels; channel++)
            {
                most = Math.Max(most, Math.Abs(before.Pixels[i + channel] - after.Pixels[i + channel]));
            }
            changed += most > Noise ? 1 : 0;
        }
        return changed >= LeastPart * Side * Side;
    }
}
