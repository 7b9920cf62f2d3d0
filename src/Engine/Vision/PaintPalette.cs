using System.Globalization;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Vision;

/// <summary>The colours that models of the InstructDiffusion family were taught to paint with (specification 4.2).</summary>
public static class PaintPalette
{
    // So many places of a picture, in a grid, stand for all of it.
    private const int GridSide = 64;

    // The part of a picture that may be near a colour without counting.
    private const double IgnoredPart = 0.05;

    /// <summary>Those of segmentation overlays; green is the dark one.</summary>
    public static IReadOnlyList<NamedPaint> Segmentation { get; } =
    [
        Named("red", 255, 0, 0),
        Named("purple", 128, 0, 128),
        Named("blue", 0, 0, 255),
        Named("green", 0, 128, 0),
        Named("yellow", 255, 255, 0),
        Named("white", 255, 255, 255),
        Named("black", 0, 0, 0),
        Named("gray", 128, 128, 128),
    ];

    /// <summary>Those of keypoint discs; green is the light one.</summary>
    public static IReadOnlyList<NamedPaint> Keypoints { get; } =
    [
        Named("red", 255, 0, 0),
        Named("green", 0, 255, 0),
        Named("blue", 0, 0, 255),
        Named("yellow", 255, 255, 0),
        Named("cyan", 0, 255, 255),
        Named("magenta", 255, 0, 255),
        Named("gray", 128, 128, 128),
        Named("white", 255, 255, 255),
        Named("black", 0, 0, 0),
    ];

    /// <summary>
    /// The colour that stands out most from a picture: farthest from all but the nearest twentieth of its pixels, the first of equals.
    /// </summary>
    /// <param name="palette">The colours to choose from.</param>
    /// <param name="picture">The picture; up to 64×64 of its pixels, evenly spread, are looked at.</param>
    public static NamedPaint FarthestFrom(IReadOnlyList<NamedPaint> palette, RgbImage picture)
    {
        ArgumentNullException.ThrowIfNull(palette);
        ArgumentNullException.ThrowIfNull(picture);
        PaintColor[] places = [.. Sample(picture)];
        // MaxBy takes the first of equals.
        return palette.MaxBy(paint => Distance(paint.Color, places))
            ?? throw new ArgumentException("palette: expected at least one colour", nameof(palette));
    }

    /// <summary>A colour written as <c>#rrggbb</c>; null when it is not.</summary>
    public static PaintColor? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool isHex =
            text.Length == 7
            && text[0] == '#'
            && int.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
        return isHex ? new PaintColor(Part(text, 1), Part(text, 3), Part(text, 5)) : null;
    }

    /// <summary>A colour as <c>#rrggbb</c>.</summary>
    public static string ToHex(PaintColor color) => $"#{color.Red:x2}{color.Green:x2}{color.Blue:x2}";

    private static byte Part(string text, int at) =>
        byte.Parse(text.AsSpan(at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static NamedPaint Named(string name, byte red, byte green, byte blue) =>
        new(name, new PaintColor(red, green, blue));

    private static IEnumerable<PaintColor> Sample(RgbImage picture)
    {
        int columns = Math.Min(GridSide, picture.Width);
        int rows = Math.Min(GridSide, picture.Height);
        for (int j = 0; j < rows; j++)
        {
            for (int i = 0; i < columns; i++)
            {
                // The middle of each cell of the grid.
                long x = (2L * i + 1) * picture.Width / (2 * columns);
                long y = (2L * j + 1) * picture.Height / (2 * rows);
                int at = (int)(y * picture.Width + x) * RgbImage.Channels;
                yield return new PaintColor(picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2]);
            }
        }
    }

    private static int Distance(PaintColor color, PaintColor[] places)
    {
        int[] squares = [.. places.Select(place => SquareDistance(color, place)).Order()];
        return squares[(int)(IgnoredPart * squares.Length)];
    }

    private static int SquareDistance(PaintColor one, PaintColor other)
    {
        (int red, int green, int blue) = (one.Red - other.Red, one.Green - other.Green, one.Blue - other.Blue);
        return red * red + green * green + blue * blue;
    }
}
