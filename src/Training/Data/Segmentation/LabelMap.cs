using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>The class of each pixel of a picture.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Values">Row by row; <see cref="None"/> where a pixel has no class.</param>
internal sealed record LabelMap(int Width, int Height, ushort[] Values)
{
    /// <summary>Of pixels without a class.</summary>
    public const ushort None = ushort.MaxValue;

    /// <summary>The classes that are there, in order.</summary>
    public IReadOnlyList<ushort> Classes => [.. Values.Distinct().Where(label => label != None).Order()];

    /// <summary>A part of it, enlarged or reduced to a square by the nearest pixel, as <see cref="PixelPlane.Square"/>.</summary>
    public LabelMap Square(int left, int top, int side, int target) =>
        new(
            target,
            target,
            [.. PixelPlane.SquarePlaces(Width, left, top, side, target).Select(place => Values[place])]
        );

    /// <summary>Where a class is: 1, elsewhere 0.</summary>
    public PixelPlane MaskOf(ushort label) =>
        new(Width, Height, [.. Values.Select(value => value == label ? (byte)1 : (byte)0)]);
}
