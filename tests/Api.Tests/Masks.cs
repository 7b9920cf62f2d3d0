using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Tests;

/// <summary>Masks to send.</summary>
internal static class Masks
{
    /// <summary>A PNG that is transparent where it edits.</summary>
    public static byte[] Transparent(int width, int height, Func<int, int, bool> edits) =>
        Pictures.Png(
            Pictures.Gradient(width, height),
            [.. Enumerable.Range(0, width * height).Select(i => edits(i % width, i / width) ? (byte)0 : (byte)200)]
        );

    /// <summary>An opaque PNG that is white where it edits and black elsewhere.</summary>
    public static byte[] Bright(int width, int height, Func<int, int, bool> edits) =>
        Pictures.Png(
            new RgbImage(
                width,
                height,
                [
                    .. Enumerable
                        .Range(0, width * height * RgbImage.Channels)
                        .Select(i => i / RgbImage.Channels)
                        .Select(i => edits(i % width, i / width) ? (byte)255 : (byte)0),
                ]
            )
        );
}
