using System.Globalization;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Mean colours from the lists, so that a scene can be drawn without looking at pixels.</summary>
internal static class MeanColors
{
    /// <summary>Parts a photograph's tones have along each side.</summary>
    public const int Cells = 8;

    /// <summary>R G B of six hexadecimal digits; black when they are none.</summary>
    public static (double Red, double Green, double Blue) Parse(ReadOnlySpan<char> digits)
    {
        int value = int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int parsed)
            ? parsed
            : 0;
        return (value >> 16, value >> 8 & 255, value & 255);
    }

    /// <summary>The photograph's colour around a point of a crop.</summary>
    /// <param name="crop">The crop.</param>
    /// <param name="x">0 left … 1 right.</param>
    /// <param name="y">0 top … 1 bottom.</param>
    public static (double Red, double Green, double Blue) Behind(PhotographCrop crop, double x, double y)
    {
        DemoPhotograph photograph = crop.Photograph;
        double left = crop.Left + (crop.Flip ? 1 - x : x) * crop.Side;
        double top = crop.Top + y * crop.Side;
        int column = Math.Clamp((int)(left * Cells / photograph.Width), 0, Cells - 1);
        int row = Math.Clamp((int)(top * Cells / photograph.Height), 0, Cells - 1);
        int at = (row * Cells + column) * 6;
        return at + 6 <= photograph.Tones.Length ? Parse(photograph.Tones.AsSpan(at, 6)) : (0, 0, 0);
    }
}
