using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Editing.Inpainting;

/// <summary>A picture and its mask, made larger at right and bottom by their last column and row until both sides fit.</summary>
/// <param name="Image">The larger picture.</param>
/// <param name="Mask">Where it is to be painted: nowhere in what was added.</param>
internal sealed record PaddedPicture(RgbImage Image, bool[] Mask)
{
    /// <summary>Pads.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">One entry a pixel.</param>
    /// <param name="multiple">What both sides become whole numbers of.</param>
    public static PaddedPicture Of(RgbImage image, bool[] mask, int multiple)
    {
        int width = (image.Width + multiple - 1) / multiple * multiple;
        int height = (image.Height + multiple - 1) / multiple * multiple;
        if (width == image.Width && height == image.Height)
        {
            return new PaddedPicture(image, mask);
        }
        var pixels = new byte[checked(width * height * RgbImage.Channels)];
        var padded = new bool[width * height];
        for (int y = 0; y < height; y++)
        {
            int row = Math.Min(y, image.Height - 1) * image.Width;
            for (int x = 0; x < width; x++)
            {
                int from = row + Math.Min(x, image.Width - 1);
                int to = y * width + x;
                image
                    .Pixels.Slice(from * RgbImage.Channels, RgbImage.Channels)
                    .CopyTo(pixels.AsSpan(to * RgbImage.Channels));
                padded[to] = x < image.Width && y < image.Height && mask[from];
            }
        }
        return new PaddedPicture(new RgbImage(width, height, pixels), padded);
    }

    /// <summary>1 where the picture is kept, 0 where it is painted.</summary>
    /// <param name="step">One entry for each so many pixels down and across: the first of them, as "nearest" takes it.</param>
    public float[] Kept(int step = 1)
    {
        int width = Image.Width / step;
        var kept = new float[width * (Image.Height / step)];
        for (int i = 0; i < kept.Length; i++)
        {
            (int y, int x) = Math.DivRem(i, width);
            kept[i] = Mask[y * step * Image.Width + x * step] ? 0 : 1;
        }
        return kept;
    }
}
