using NetVips;

namespace InstructDiffusion.Engine.Imaging;

public static partial class ImageCodec
{
    /// <summary>Writes a picture file. It carries the pixels, the given text and nothing else: no metadata of the source.</summary>
    /// <param name="image">Colours, sRGB.</param>
    /// <param name="format">The file format.</param>
    /// <param name="quality">1…100 for JPEG and WebP; PNG is lossless and ignores it.</param>
    /// <param name="alpha">Opacity, 0…255, one byte a pixel row by row; null for an opaque picture. Not for JPEG.</param>
    /// <param name="text">
    /// Keywords (1 to 79 printable ASCII characters) and values, for PNG only; Pillow's <c>img.text</c>, exiftool and
    /// <see cref="ReadText"/> show them. At most 1 MiB.
    /// </param>
    /// <exception cref="ArgumentException">A value out of range, or something the format cannot hold.</exception>
    public static byte[] Encode(
        RgbImage image,
        ImageFileFormat format,
        int quality = DefaultQuality,
        byte[]? alpha = null,
        IReadOnlyDictionary<string, string>? text = null
    )
    {
        ArgumentNullException.ThrowIfNull(image);
        if (quality is < 1 or > 100)
        {
            throw new ArgumentOutOfRangeException(nameof(quality), quality, "quality: must be between 1 and 100");
        }
        if (alpha is not null && format == ImageFileFormat.Jpeg)
        {
            throw new ArgumentException("alpha: JPEG cannot hold transparency", nameof(alpha));
        }
        if (alpha is not null && alpha.LongLength != (long)image.Width * image.Height)
        {
            throw new ArgumentException(
                $"alpha: {image.Width}x{image.Height} needs {(long)image.Width * image.Height} bytes, got {alpha.LongLength}",
                nameof(alpha)
            );
        }
        bool hasText = text is { Count: > 0 };
        if (hasText && format != ImageFileFormat.Png)
        {
            throw new ArgumentException($"text: only PNG files carry it, not {format}", nameof(text));
        }
        using Image pixels = Join(image, alpha);
        const Enums.ForeignKeep Keep = Enums.ForeignKeep.None;
        return format switch
        {
            ImageFileFormat.Jpeg => pixels.JpegsaveBuffer(q: quality, optimizeCoding: true, keep: Keep),
            ImageFileFormat.Webp => pixels.WebpsaveBuffer(q: quality, alphaQ: 100, keep: Keep),
            ImageFileFormat.Png when hasText => PngText.Insert(SavePng(pixels), text!),
            ImageFileFormat.Png => SavePng(pixels),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "format: unknown"),
        };
    }

    /// <summary>Writes a grey picture as a PNG file without any metadata.</summary>
    /// <param name="gray">One byte a pixel, row by row.</param>
    /// <param name="size">Its size.</param>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    public static byte[] EncodeGray(byte[] gray, ImageSize size)
    {
        ArgumentNullException.ThrowIfNull(gray);
        if (gray.LongLength != size.PixelCount)
        {
            throw new ArgumentException(
                $"gray: {size} needs {size.PixelCount} bytes, got {gray.LongLength}",
                nameof(gray)
            );
        }
        using Image plain = Image.NewFromMemory(gray, size.Width, size.Height, 1, Enums.BandFormat.Uchar);
        using Image typed = plain.Copy(interpretation: Enums.Interpretation.Bw);
        // Masks are flat: a filter would only hide that.
        return typed.PngsaveBuffer(compression: 6, filter: Enums.ForeignPngFilter.None, keep: Enums.ForeignKeep.None);
    }

    private static byte[] SavePng(Image pixels) =>
        pixels.PngsaveBuffer(compression: 6, filter: Enums.ForeignPngFilter.All, keep: Enums.ForeignKeep.None);

    private static Image Join(RgbImage image, byte[]? alpha)
    {
        using Image plain = Image.NewFromMemory(
            image.Memory,
            image.Width,
            image.Height,
            RgbImage.Channels,
            Enums.BandFormat.Uchar
        );
        using Image rgb = plain.Copy(interpretation: Enums.Interpretation.Srgb);
        if (alpha is null)
        {
            return rgb.Copy();
        }
        using Image plane = Image.NewFromMemory(alpha, image.Width, image.Height, 1, Enums.BandFormat.Uchar);
        return rgb.Bandjoin(plane);
    }
}
