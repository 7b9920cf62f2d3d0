using InstructDiffusion.Engine.Imaging;
using NetVips;

namespace InstructDiffusion.TestSupport;

/// <summary>Picture files of every kind people send, made with the image library from <see cref="TestImages"/>.</summary>
public static class TestImageFiles
{
    /// <summary>A file stored so that a viewer who obeys EXIF orientation 1…8 shows <paramref name="upright"/>.</summary>
    public static byte[] WithOrientation(
        RgbImage upright,
        int orientation,
        ImageFileFormat format = ImageFileFormat.Png
    )
    {
        using Image shown = ToVips(upright);
        // What was stored is the shown picture turned backwards.
        using Image stored = orientation switch
        {
            1 => shown.Copy(),
            2 => shown.Flip(Enums.Direction.Horizontal),
            3 => shown.Rot180(),
            4 => shown.Flip(Enums.Direction.Vertical),
            5 => Then(shown.Rot90(), image => image.Flip(Enums.Direction.Horizontal)),
            6 => shown.Rot270(),
            7 => Then(shown.Rot270(), image => image.Flip(Enums.Direction.Horizontal)),
            8 => shown.Rot90(),
            _ => throw new ArgumentOutOfRangeException(nameof(orientation), orientation, "1 to 8"),
        };
        using Image tagged = stored.Mutate(image => image.Set(GValue.GIntType, "orientation", orientation));
        return format switch
        {
            ImageFileFormat.Png => tagged.PngsaveBuffer(keep: Enums.ForeignKeep.All),
            ImageFileFormat.Jpeg => tagged.JpegsaveBuffer(q: 95, keep: Enums.ForeignKeep.All),
            _ => tagged.WebpsaveBuffer(lossless: true, keep: Enums.ForeignKeep.All),
        };
    }

    /// <summary>A JPEG, optionally progressive.</summary>
    public static byte[] Jpeg(RgbImage image, int quality = 95, bool progressive = false)
    {
        using Image vips = ToVips(image);
        return vips.JpegsaveBuffer(q: quality, interlace: progressive);
    }

    /// <summary>A PNG of 16 bits a channel: each 8-bit value times 257, plus <paramref name="offset"/>.</summary>
    public static byte[] Png16(RgbImage image, int offset = 0)
    {
        using Image vips = ToVips(image);
        using Image wide = vips.Linear([257.0], [offset]);
        using Image cast = wide.Cast(Enums.BandFormat.Ushort);
        using Image typed = cast.Copy(interpretation: Enums.Interpretation.Rgb16);
        return typed.PngsaveBuffer();
    }

    /// <summary>An interlaced PNG.</summary>
    public static byte[] InterlacedPng(RgbImage image)
    {
        using Image vips = ToVips(image);
        return vips.PngsaveBuffer(interlace: true);
    }

    /// <summary>A PNG with a palette of at most 256 colours and a transparency table.</summary>
    public static byte[] PalettePng(RgbImage image, byte[] alpha)
    {
        using Image vips = ToVips(image);
        using Image plane = Image.NewFromMemory(alpha, image.Width, image.Height, 1, Enums.BandFormat.Uchar);
        using Image joined = vips.Bandjoin(plane);
        return joined.PngsaveBuffer(palette: true, dither: 0);
    }

    /// <summary>The red channel alone as a greyscale file; with alpha when given (not JPEG).</summary>
    public static byte[] Grey(RgbImage image, ImageFileFormat format, byte[]? alpha = null)
    {
        using Image vips = ToVips(image);
        using Image band = vips.ExtractBand(0);
        using Image grey = band.Copy(interpretation: Enums.Interpretation.Bw);
        using Image whole = alpha is null
            ? grey.Copy()
            : Then(
                Image.NewFromMemory(alpha, image.Width, image.Height, 1, Enums.BandFormat.Uchar),
                plane => grey.Bandjoin(plane)
            );
        return format == ImageFileFormat.Jpeg ? whole.JpegsaveBuffer(q: 95) : whole.PngsaveBuffer();
    }

    /// <summary>A CMYK JPEG without a profile, as presses get them: ink 0…255, one colour everywhere.</summary>
    public static byte[] CmykJpeg(int width, int height, byte cyan, byte magenta, byte yellow, byte black)
    {
        using Image plane = Image.Black(width, height, bands: 4);
        using Image inks = plane.Linear([1.0, 1, 1, 1], [cyan, magenta, yellow, black], uchar: true);
        using Image typed = inks.Copy(interpretation: Enums.Interpretation.Cmyk);
        return typed.JpegsaveBuffer(q: 95);
    }

    /// <summary>
    /// The values of <paramref name="image"/> tagged with an ICC profile: one of libvips' own (<c>p3</c>, <c>srgb</c>, <c>cmyk</c>) or
    /// bytes of your own.
    /// </summary>
    public static byte[] WithProfile(RgbImage image, string? name, byte[]? profile = null, bool asJpeg = false)
    {
        using Image vips = ToVips(image);
        byte[] data = profile ?? ProfileOf(name!);
        using Image tagged = vips.Mutate(target => target.Set(GValue.BlobType, "icc-profile-data", data));
        return asJpeg ? tagged.JpegsaveBuffer(q: 95) : tagged.PngsaveBuffer();
    }

    /// <summary>A WebP of several frames.</summary>
    public static byte[] AnimatedWebp(RgbImage first, RgbImage second)
    {
        using Image one = ToVips(first);
        using Image two = ToVips(second);
        using Image strip = one.Join(two, Enums.Direction.Vertical);
        using Image paged = strip.Mutate(image => image.Set(GValue.GIntType, "page-height", first.Height));
        return paged.WebpsaveBuffer();
    }

    /// <summary>An animated GIF.</summary>
    public static byte[] Gif(RgbImage image)
    {
        using Image vips = ToVips(image);
        return vips.GifsaveBuffer();
    }

    private static byte[] ProfileOf(string name)
    {
        using Image black = Image.Black(1, 1, bands: 3);
        using Image typed = black.Copy(interpretation: Enums.Interpretation.Srgb);
        using Image converted = typed.IccTransform(name, inputProfile: "srgb");
        return (byte[])converted.Get("icc-profile-data");
    }

    private static Image ToVips(RgbImage image)
    {
        using Image plain = Image.NewFromMemory(image.Memory, image.Width, image.Height, 3, Enums.BandFormat.Uchar);
        return plain.Copy(interpretation: Enums.Interpretation.Srgb);
    }

    private static Image Then(Image first, Func<Image, Image> next)
    {
        using (first)
        {
            return next(first);
        }
    }
}
