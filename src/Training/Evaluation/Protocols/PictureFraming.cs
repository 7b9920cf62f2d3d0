using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>Pictures of any size as the model's canvases, and what is read out of its answers back at the pictures' own size.</summary>
internal static class PictureFraming
{
    /// <summary>What a server accepts unless it was told otherwise (Limits:MaxCanvasPixels).</summary>
    private const long MostPixels = 1_048_576;

    /// <summary>The canvas on which a picture is edited: the authors' rule at a resolution.</summary>
    /// <exception cref="BrokenSampleException">The picture is too long and narrow.</exception>
    public static ImageSize CanvasOf(int width, int height, int resolution)
    {
        try
        {
            var limits = new WorkingSizeLimits { MaxPixels = MostPixels };
            return WorkingSizeRule.CommandLine.Apply(new ImageSize(width, height), resolution, limits);
        }
        catch (WorkingSizeException unfit)
        {
            throw new BrokenSampleException(unfit.Message, unfit);
        }
    }

    /// <summary>The whole picture on its canvas, by Lanczos. Its aspect changes a little, where the rule's would cut a strip off.</summary>
    public static RgbImage OnCanvas(RgbImage picture, ImageSize canvas) =>
        ImageResizer.Resize(picture, canvas, ResizeFilter.Lanczos3);

    /// <summary>A mask at another size, by the nearest pixel.</summary>
    public static bool[] Resize(bool[] mask, int width, int height, ImageSize to)
    {
        var resized = new bool[to.Width * to.Height];
        for (int y = 0; y < to.Height; y++)
        {
            int row = (int)((y + 0.5) * height / to.Height) * width;
            for (int x = 0; x < to.Width; x++)
            {
                resized[(y * to.Width) + x] = mask[row + (int)((x + 0.5) * width / to.Width)];
            }
        }
        return resized;
    }

    /// <summary>Both pictures of a pair at their own size; of those that are too large the middle.</summary>
    /// <param name="source">Before.</param>
    /// <param name="target">After, of the same size.</param>
    /// <param name="side">Of the middle that is taken of a large one.</param>
    /// <exception cref="BrokenSampleException">The sizes differ.</exception>
    public static (RgbImage Source, RgbImage Target) AtOwnSize(RgbImage source, RgbImage target, int side)
    {
        if ((source.Width, source.Height) != (target.Width, target.Height))
        {
            throw new BrokenSampleException(
                $"the source is {source.Width}x{source.Height}, the target {target.Width}x{target.Height}: they must be alike"
            );
        }
        if ((long)Up(source.Width) * Up(source.Height) <= MostPixels)
        {
            return (source, target);
        }
        (int width, int height) = (Math.Min(side, source.Width), Math.Min(side, source.Height));
        (int left, int top) = ((source.Width - width) / 2, (source.Height - height) / 2);
        return (
            PictureParts.Crop(source, left, top, width, height),
            PictureParts.Crop(target, left, top, width, height)
        );
    }

    /// <summary>The picture with its last column and row repeated until both sides are multiples of 64.</summary>
    public static RgbImage Extend(RgbImage picture)
    {
        (int width, int height) = (Up(picture.Width), Up(picture.Height));
        if ((width, height) == (picture.Width, picture.Height))
        {
            return picture;
        }
        var pixels = new byte[width * height * RgbImage.Channels];
        for (int y = 0; y < height; y++)
        {
            int row = Math.Min(y, picture.Height - 1) * picture.Width;
            for (int x = 0; x < width; x++)
            {
                picture
                    .Pixels.Slice((row + Math.Min(x, picture.Width - 1)) * RgbImage.Channels, RgbImage.Channels)
                    .CopyTo(pixels.AsSpan(((y * width) + x) * RgbImage.Channels));
            }
        }
        return new RgbImage(width, height, pixels);
    }

    private static int Up(int side) =>
        (side + WorkingSizeRules.Multiple - 1) / WorkingSizeRules.Multiple * WorkingSizeRules.Multiple;
}
