using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Web.Fetching;

namespace InstructDiffusion.Training.Construction.Web.Pictures;

/// <summary>Files from strangers as pictures, whatever their names and hosts say they are.</summary>
internal static class WebPictureReader
{
    /// <summary>Largest file and picture.</summary>
    public static ImageDecodeLimits Limits { get; } =
        new()
        {
            MaxBytes = 30_000_000,
            MaxPixels = 40_000_000,
            MaxSide = 12_000,
        };

    /// <summary>Decodes.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="name">Of the file, for the refusal.</param>
    /// <exception cref="FetchRefusedException">It is no picture that is of use; lasting.</exception>
    public static RgbImage Read(ReadOnlyMemory<byte> bytes, string name)
    {
        try
        {
            DecodedImage decoded = ImageCodec.Decode(bytes, Limits);
            return decoded.Alpha is null
                ? decoded.Image
                : throw new FetchRefusedException("is a picture with transparent parts", name, RefusalKind.Lasting);
        }
        catch (ImageFormatException error)
        {
            string reason = error.Kind switch
            {
                ImageFormatErrorKind.Empty => "is empty",
                ImageFormatErrorKind.Unsupported => "is no PNG, JPEG or WebP",
                ImageFormatErrorKind.Animated => "is an animation",
                ImageFormatErrorKind.TooManyBytes => "is longer than allowed",
                ImageFormatErrorKind.TooManyPixels => "is a picture of too many pixels",
                _ => "is a damaged picture",
            };
            throw new FetchRefusedException(reason, $"{name}: {error.Message}", RefusalKind.Lasting, error);
        }
    }
}
