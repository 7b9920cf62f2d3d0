namespace InstructDiffusion.Engine.Imaging;

/// <summary>What a picture file says of itself, read without decoding a pixel.</summary>
/// <param name="Format">The format its first bytes show, whatever its name or content type claims.</param>
/// <param name="Size">Width and height as stored, before EXIF orientation; both at least 1.</param>
/// <param name="Frames">Number of frames: above 1 for an animation.</param>
public sealed record ImageHeader(ImageFileFormat Format, ImageSize Size, int Frames);
