using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;

namespace InstructDiffusion.Training.Construction;

/// <summary>A picture and its region at the size that pairs are made at.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Mask">The region.</param>
internal sealed record WorkingPicture(RgbImage Image, RegionMask Mask)
{
    /// <summary>Reduces both until neither side is longer; smaller ones stay as they are.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">Of the picture's size.</param>
    /// <param name="longest">Pixels.</param>
    public static WorkingPicture Of(RgbImage image, RegionMask mask, int longest)
    {
        int longer = Math.Max(image.Width, image.Height);
        if (longer <= longest)
        {
            return new WorkingPicture(image, mask);
        }
        var size = new ImageSize(Scaled(image.Width, longest, longer), Scaled(image.Height, longest, longer));
        return new WorkingPicture(
            ImageResizer.Resize(image, size, ResizeFilter.Lanczos3),
            mask.Resize(size.Width, size.Height)
        );
    }

    /// <summary>A picture with another one where a region is: m·new + (1 − m)·old.</summary>
    public static RgbImage Combine(RgbImage old, RgbImage painted, RegionMask region)
    {
        byte[] pixels = old.Pixels.ToArray();
        for (int i = 0; i < region.Pixels.Length; i++)
        {
            if (region.Pixels[i])
            {
                painted
                    .Pixels.Slice(i * RgbImage.Channels, RgbImage.Channels)
                    .CopyTo(pixels.AsSpan(i * RgbImage.Channels));
            }
        }
        return new RgbImage(old.Width, old.Height, pixels);
    }

    /// <summary>How much two pictures of one size differ in a region: mean absolute difference of the levels, 0…255.</summary>
    public static double Difference(RgbImage one, RgbImage other, RegionMask region)
    {
        (long sum, long count) = (0, 0);
        for (int i = 0; i < region.Pixels.Length; i++)
        {
            if (region.Pixels[i])
            {
                count += RgbImage.Channels;
                for (int c = 0; c < RgbImage.Channels; c++)
                {
                    sum += Math.Abs(one.Pixels[i * RgbImage.Channels + c] - other.Pixels[i * RgbImage.Channels + c]);
                }
            }
        }
        return count == 0 ? 0 : (double)sum / count;
    }

    private static int Scaled(int side, int longest, int longer) =>
        Math.Max(1, (int)Math.Round((double)side * longest / longer));
}
