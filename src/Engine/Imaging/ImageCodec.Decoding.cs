using System.Runtime.InteropServices;
using NetVips;

namespace InstructDiffusion.Engine.Imaging;

public static partial class ImageCodec
{
    private const string ProfileField = "icc-profile-data";

    /// <summary>
    /// Decodes a picture: upright by its EXIF orientation, its ICC profile (or CMYK) turned into sRGB, 16 bits rounded to 8, grey and
    /// palette to RGB, transparency beside the colours. A profile that makes no sense is ignored.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">What is refused before decoding.</param>
    /// <param name="upright">
    /// Obey the EXIF orientation; false gives the pixels as stored, which is what annotations of data sets refer to.
    /// </param>
    /// <returns>Pixels that own their memory.</returns>
    /// <exception cref="ImageFormatException">See <see cref="ImageFormatErrorKind"/>.</exception>
    public static DecodedImage Decode(ReadOnlyMemory<byte> bytes, ImageDecodeLimits limits, bool upright = true)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (bytes.Length > limits.MaxBytes)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.TooManyBytes,
                $"The picture has {bytes.Length:N0} bytes, {limits.MaxBytes:N0} are allowed."
            );
        }
        ImageHeader header = ReadHeader(bytes.Span);
        limits.Require(header.Size);
        if (header.Frames > 1)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Animated,
                $"The picture is an animation of {header.Frames} frames; only still pictures are read."
            );
        }
        try
        {
            using Image stored = Load(bytes, header);
            using Image shown = upright ? stored.Autorot() : stored.Copy();
            return ToDecoded(shown, header.Format);
        }
        catch (VipsException exception)
        {
            throw Damaged(header.Format, exception);
        }
    }

    private static ImageFormatException Damaged(ImageFileFormat format, Exception? cause) =>
        new(
            ImageFormatErrorKind.Damaged,
            $"The {format.ToString().ToUpperInvariant()} picture is damaged or incomplete and cannot be decoded.",
            cause
        );

    /// <summary>All pixels as stored, in memory. Whatever is wrong with the file's data shows here.</summary>
    private static Image Load(ReadOnlyMemory<byte> bytes, ImageHeader header)
    {
        bool isWholeArray =
            MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> segment)
            && segment.Offset == 0
            && segment.Count == segment.Array!.Length;
        byte[] buffer = isWholeArray ? segment.Array! : bytes.ToArray();
        const Enums.Access Access = Enums.Access.Sequential;
        const Enums.FailOn FailOn = Enums.FailOn.Error;
        using Image lazy = header.Format switch
        {
            ImageFileFormat.Png => Image.PngloadBuffer(buffer, access: Access, failOn: FailOn),
            ImageFileFormat.Jpeg => Image.JpegloadBuffer(buffer, access: Access, failOn: FailOn),
            _ => Image.WebploadBuffer(buffer, access: Access, failOn: FailOn),
        };
        if (lazy.Width != header.Size.Width || lazy.Height != header.Size.Height)
        {
            throw Damaged(header.Format, cause: null); // a decoder that disagrees with the checked header is not let loose
        }
        return lazy.CopyMemory();
    }

    private static DecodedImage ToDecoded(Image upright, ImageFileFormat format)
    {
        int colourBands = upright.HasAlpha() ? upright.Bands - 1 : upright.Bands;
        using Image colours = upright.ExtractBand(0, n: colourBands);
        using Image srgb = ToSrgb(colours);
        return new DecodedImage
        {
            Image = new RgbImage(upright.Width, upright.Height, srgb.WriteToMemory<byte>()),
            Alpha = colourBands < upright.Bands ? ReadAlpha(upright) : null,
            Format = format,
        };
    }

    private static byte[]? ReadAlpha(Image upright)
    {
        using Image plane = upright.ExtractBand(upright.Bands - 1);
        using Image plane8 = To8Bit(plane);
        byte[] alpha = plane8.WriteToMemory<byte>();
        return alpha.AsSpan().ContainsAnyExcept((byte)255) ? alpha : null;
    }

    /// <summary>One, three or four bands of 8 or 16 bits to three of 8 in sRGB.</summary>
    private static Image ToSrgb(Image colours)
    {
        if (colours.Contains(ProfileField) && TryApplyProfile(colours) is { } converted)
        {
            return converted;
        }
        using Image colours8 = To8Bit(colours);
        // Grey is repeated; CMYK goes through the library's own press profile.
        return colours8.Colourspace(Enums.Interpretation.Srgb);
    }

    /// <summary>16 bits to 8, rounded: 65535 is 255 as 65535 / 257.</summary>
    private static Image To8Bit(Image image)
    {
        if (image.Format == Enums.BandFormat.Uchar)
        {
            return image.Copy();
        }
        using Image scaled = image.Linear([1.0 / 257], [0.5], uchar: true);
        return scaled.Copy(interpretation: image.Bands >= 3 ? Enums.Interpretation.Srgb : Enums.Interpretation.Bw);
    }
}
