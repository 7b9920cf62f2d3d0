using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Edits;

/// <summary>From the file of the field <c>mask</c> to the places that may change.</summary>
internal static class MaskReader
{
    /// <summary>Understands a mask: transparent where it edits or, when it is opaque, bright where it edits.</summary>
    /// <param name="file">The decoded file.</param>
    /// <param name="source">The picture it belongs to, upright.</param>
    /// <param name="needsAlpha">True where only transparency counts, as at OpenAI.</param>
    /// <param name="fadesOutside">True when the edit may fade out beyond the mask.</param>
    /// <returns>The mask, or what is wrong with it.</returns>
    public static (EditMask? Mask, string? Fault) Read(
        DecodedImage file,
        RgbImage source,
        bool needsAlpha,
        bool fadesOutside
    )
    {
        if (file.Format != ImageFileFormat.Png)
        {
            // Lossy files blur the very edge that the mask is there to tell.
            return (null, $"must be a PNG, not a {AnswerFormat.NameOf(file.Format).ToUpperInvariant()}");
        }
        if (file.Image.Width != source.Width || file.Image.Height != source.Height)
        {
            return (
                null,
                $"must be as large as the picture, {source.Width}x{source.Height}, got {file.Image.Width}x{file.Image.Height}"
            );
        }
        if (file.Alpha is null && needsAlpha)
        {
            return (null, "has no transparent pixel; those of alpha 0 mark where to edit");
        }
        bool[] edited = file.Alpha is { } alpha ? EditMask.TransparentPixels(alpha) : EditMask.BrightPixels(file.Image);
        return Array.IndexOf(edited, true) < 0
            ? (null, "marks no pixel: neither one of alpha 0 nor, in an opaque picture, a bright one")
            : (new EditMask(source.Width, source.Height, edited, fadesOutside), null);
    }
}
