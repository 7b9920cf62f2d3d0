using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>A square part of a picture, as wide as its shorter side (specification 4.4).</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Side">Pixels.</param>
internal readonly record struct SquareCrop(int Left, int Top, int Side)
{
    /// <summary>Draws one, or takes the middle one.</summary>
    public static SquareCrop Draw(int width, int height, bool isRandom, ref CounterRandom random)
    {
        int side = Math.Min(width, height);
        int room = Math.Max(width, height) - side;
        int offset =
            room == 0 ? 0
            : isRandom ? random.Next(room + 1)
            : room / 2;
        return width > height ? new SquareCrop(offset, 0, side) : new SquareCrop(0, offset, side);
    }

    /// <summary>That part of a picture at the training resolution, by Lanczos.</summary>
    public RgbImage Of(RgbImage image, int resolution) =>
        ImageResizer.Resize(
            PictureParts.Crop(image, Left, Top, Side, Side),
            new ImageSize(resolution, resolution),
            ResizeFilter.Lanczos3
        );

    /// <summary>That part of a mask, by the nearest pixel.</summary>
    public PixelPlane Of(PixelPlane plane, int resolution) => plane.Square(Left, Top, Side, resolution);
}
