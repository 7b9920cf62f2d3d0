using System.Globalization;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Edits;

/// <summary>The field <c>size</c>: <c>auto</c>, a resolution, or an exact canvas.</summary>
internal static class SizeField
{
    private const int Multiple = 64;

    /// <summary>Understands it.</summary>
    /// <param name="text">The value; a JSON number counts as a resolution.</param>
    /// <param name="maxPixels">Largest canvas.</param>
    /// <param name="size">Null for <c>auto</c>.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Parse(string text, long maxPixels, out WorkingSize? size)
    {
        size = null;
        if (text.Equals("auto", StringComparison.Ordinal))
        {
            return null;
        }
        string[] sides = text.Split('x');
        if (sides.Length == 1 && Side(sides[0]) is { } resolution)
        {
            int largest = (int)Math.Sqrt(maxPixels);
            if (resolution < Multiple || resolution > largest)
            {
                return $"must be a resolution between {Multiple} and {largest}, got '{text}'";
            }
            size = WorkingSize.Of(resolution);
            return null;
        }
        if (sides.Length != 2 || Side(sides[0]) is not { } width || Side(sides[1]) is not { } height)
        {
            return $"must be auto, a resolution such as 512, or a canvas such as 768x512, got '{EditForm.Shown(text)}'";
        }
        var exact = new ImageSize(width, height);
        if (width == 0 || height == 0 || width % Multiple != 0 || height % Multiple != 0)
        {
            return $"must have sides that are multiples of {Multiple}, got '{text}'";
        }
        if (exact.PixelCount > maxPixels)
        {
            return $"must not have more than {maxPixels} pixels, got '{text}', which has {exact.PixelCount}";
        }
        size = WorkingSize.Of(exact);
        return null;
    }

    private static int? Side(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int side) ? side : null;
}
