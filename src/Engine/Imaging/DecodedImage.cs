namespace InstructDiffusion.Engine.Imaging;

/// <summary>A decoded picture: upright, 8-bit sRGB, with its transparency beside it.</summary>
public sealed record DecodedImage
{
    /// <summary>
    /// The colours. Those under transparent pixels are what the file holds there, as in Pillow's <c>convert("RGB")</c>: nothing is
    /// blended with a background, so that colours at soft edges stay true and putting <see cref="Alpha"/> back restores the picture.
    /// </summary>
    public required RgbImage Image { get; init; }

    /// <summary>Opacity of each pixel, 0…255, <c>width * height</c> bytes row by row; null when every pixel is opaque.</summary>
    public byte[]? Alpha { get; init; }

    /// <summary>The format the file was in.</summary>
    public required ImageFileFormat Format { get; init; }
}
