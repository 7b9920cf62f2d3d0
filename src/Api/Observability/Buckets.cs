using System.Globalization;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Observability;

/// <summary>Numbers without bound as labels with one.</summary>
internal static class Buckets
{
    private const string Larger = "larger";

    private static readonly int[] Sides = [256, 384, 512, 640, 768, 1024, 1536, 2048];
    private static readonly string[] SideNames = Names(Sides);
    private static readonly int[] Counts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
    private static readonly string[] CountNames = Names(Counts);

    /// <summary>A canvas, by the side of the smallest listed square with as many pixels: 704x512 is <c>640</c>.</summary>
    public static string Of(ImageSize canvas) => Of(Math.Sqrt(canvas.PixelCount), Sides, SideNames);

    /// <summary>Rows of a step, as the next listed number: 5 is <c>6</c>.</summary>
    public static string Of(int rows) => Of(rows, Counts, CountNames);

    private static string Of(double value, int[] bounds, string[] names)
    {
        int index = Array.FindIndex(bounds, bound => value <= bound);
        return index < 0 ? Larger : names[index];
    }

    private static string[] Names(int[] bounds) =>
        [.. bounds.Select(bound => bound.ToString(CultureInfo.InvariantCulture))];
}
