namespace InstructDiffusion.Engine.Imaging;

/// <summary>Tells file formats by their first bytes. Names and content types are claims; these are not.</summary>
internal static class ImageSignature
{
    /// <summary>The eight bytes every PNG begins with.</summary>
    public static ReadOnlySpan<byte> Png => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> Jpeg => [0xFF, 0xD8, 0xFF];

    /// <summary>The format of a picture, or an exception that says what the bytes look like instead.</summary>
    /// <exception cref="ImageFormatException">Empty or unsupported.</exception>
    public static ImageFileFormat Require(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw new ImageFormatException(ImageFormatErrorKind.Empty, "The picture has no bytes.");
        }
        if (bytes.StartsWith(Png))
        {
            return ImageFileFormat.Png;
        }
        if (bytes.StartsWith(Jpeg))
        {
            return ImageFileFormat.Jpeg;
        }
        if (bytes.StartsWith("RIFF"u8) && From(bytes, 8).StartsWith("WEBP"u8))
        {
            return ImageFileFormat.Webp;
        }
        string kind = Describe(bytes) is { } name ? $"a {name}" : "of an unknown format";
        throw new ImageFormatException(
            ImageFormatErrorKind.Unsupported,
            $"The picture is {kind}: only PNG, JPEG and WebP are read."
        );
    }

    /// <summary>Formats people send that we do not read, for a message they can act on.</summary>
    private static string? Describe(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> brand = From(bytes, 8);
        return bytes switch
        {
            _ when bytes.StartsWith("GIF8"u8) => "GIF",
            _ when bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) || bytes.StartsWith("II+\0"u8) => "TIFF",
            _ when bytes.StartsWith("BM"u8) => "BMP",
            _ when bytes.StartsWith("8BPS"u8) => "Photoshop file",
            _ when bytes.StartsWith("%PDF"u8) => "PDF",
            _ when bytes.StartsWith("\0\0\0\u000CjP  "u8) => "JPEG 2000",
            _ when bytes.StartsWith("\0\0\0\u000CJXL "u8) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) =>
                "JPEG XL",
            _ when From(bytes, 4).StartsWith("ftypavi"u8) => "AVIF",
            _ when From(bytes, 4).StartsWith("ftyp"u8) && IsHeifBrand(brand) => "HEIC",
            _ when IsMarkup(bytes) => "SVG or other markup",
            _ => null,
        };
    }

    private static bool IsHeifBrand(ReadOnlySpan<byte> brand) =>
        brand.StartsWith("hei"u8)
        || brand.StartsWith("hev"u8)
        || brand.StartsWith("mif1"u8)
        || brand.StartsWith("msf1"u8);

    private static bool IsMarkup(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> text = bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? bytes[3..] : bytes;
        text = text.TrimStart(" \t\r\n"u8);
        return text.StartsWith("<svg"u8)
            || text.StartsWith("<?xml"u8)
            || text.StartsWith("<!"u8)
            || text.StartsWith("<html"u8);
    }

    private static ReadOnlySpan<byte> From(ReadOnlySpan<byte> bytes, int start) =>
        bytes.Length > start ? bytes[start..] : [];
}
