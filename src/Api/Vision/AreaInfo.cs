using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Vision;

/// <summary>How much of a picture something covers.</summary>
/// <param name="Pixels">Pixels.</param>
/// <param name="Share">Part of the picture, 0…1.</param>
internal sealed record AreaInfo(long Pixels, double Share)
{
    public static AreaInfo Of(long pixels, ImageSize picture) =>
        new(pixels, Math.Round((double)pixels / picture.PixelCount, 6));
}
