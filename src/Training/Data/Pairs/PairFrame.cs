using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Pairs;

/// <summary>Turns the two pictures of a pair into squares that show the same part.</summary>
/// <param name="framing">How.</param>
/// <param name="side">Of the squares, pixels.</param>
/// <param name="isRandom">Cut at random; else in the middle.</param>
internal sealed class PairFrame(PairFraming framing, int side, bool isRandom)
{
    // A strip that is resized by its shorter side would fill the memory.
    private const int MostAspect = 20;

    /// <summary>Frames a pair.</summary>
    /// <param name="source">Before.</param>
    /// <param name="target">After; unless squashed, of the same size.</param>
    /// <param name="random">Moves on where a part is cut out at random.</param>
    /// <exception cref="BrokenSampleException">The sizes differ, or are too small or too narrow.</exception>
    public (RgbImage Source, RgbImage Target) Apply(RgbImage source, RgbImage target, ref CounterRandom random)
    {
        if (framing == PairFraming.Squash)
        {
            var size = new ImageSize(side, side);
            return (Resize(source, size), Resize(target, size));
        }
        if (source.Width != target.Width || source.Height != target.Height)
        {
            throw new BrokenSampleException(
                $"the source is {source.Width}x{source.Height}, the target {target.Width}x{target.Height}: they must be alike"
            );
        }
        if (framing == PairFraming.ShortSide)
        {
            ImageSize size = ShortSideSize(source.Width, source.Height);
            (source, target) = (Resize(source, size), Resize(target, size));
        }
        if (Math.Min(source.Width, source.Height) < side)
        {
            throw new BrokenSampleException($"{source.Width}x{source.Height}: smaller than {side}x{side}");
        }
        int top = Offset(source.Height - side, ref random);
        int left = Offset(source.Width - side, ref random);
        return (PictureParts.Crop(source, left, top, side, side), PictureParts.Crop(target, left, top, side, side));
    }

    // The longer side is cut off to a whole number, as the authors' int() does.
    private ImageSize ShortSideSize(int width, int height)
    {
        if (Math.Max(width, height) > MostAspect * (long)Math.Min(width, height))
        {
            throw new BrokenSampleException($"{width}x{height}: longer than {MostAspect} times its shorter side");
        }
        double aspect = (double)width / height;
        return width < height ? new ImageSize(side, (int)(side / aspect)) : new ImageSize((int)(side * aspect), side);
    }

    private int Offset(int room, ref CounterRandom random) => isRandom ? random.Next(room + 1) : room / 2;

    private static RgbImage Resize(RgbImage image, ImageSize size) =>
        ImageResizer.Resize(image, size, ResizeFilter.Lanczos3);
}
