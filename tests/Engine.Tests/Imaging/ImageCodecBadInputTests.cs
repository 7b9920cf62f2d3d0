using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class ImageCodecBadInputTests
{
    private static readonly RgbImage Photo = TestImages.Photo(320, 240);

    [Fact]
    public void Decode_NoBytes_SaysEmpty() => Refused(ImageFormatErrorKind.Empty, [], "no bytes");

    [Theory]
    [InlineData("just text, called photo.png", "unknown format")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", "SVG")]
    [InlineData("  \n<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg/>", "SVG")]
    [InlineData("GIF89a..........", "GIF")]
    [InlineData("II*\0............", "TIFF")]
    [InlineData("MM\0*............", "TIFF")]
    [InlineData("BM..............", "BMP")]
    [InlineData("8BPS............", "Photoshop")]
    [InlineData("\0\0\0\u0018ftypheic....", "HEIC")]
    [InlineData("\0\0\0\u0018ftypmif1....", "HEIC")]
    [InlineData("\0\0\0\u0020ftypavif....", "AVIF")]
    [InlineData("%PDF-1.7", "PDF")]
    [InlineData("\0\0\0\u000CJXL ....", "JPEG XL")]
    [InlineData("\0\0\0\u000CjP  ....", "JPEG 2000")]
    [InlineData("x", "unknown format")]
    [InlineData("RIFF....WAVE", "unknown format")]
    public void Decode_AnotherFormat_SaysWhich(string content, string expected) =>
        Refused(ImageFormatErrorKind.Unsupported, Encoding.Latin1.GetBytes(content), expected);

    [Fact]
    public void Decode_RealGif_IsUnsupported() =>
        Refused(ImageFormatErrorKind.Unsupported, TestImageFiles.Gif(Photo), "GIF");

    [Fact]
    public void Decode_Animations_AreRefusedBeforeDecoding()
    {
        byte[] png = ImageCodec.Encode(Photo, ImageFileFormat.Png);

        Refused(
            ImageFormatErrorKind.Animated,
            TestImageFiles.AnimatedWebp(Photo, TestImages.Photo(320, 240, 1)),
            "2 frames"
        );
        Refused(ImageFormatErrorKind.Animated, PngBytes.Insert(png, "acTL", PngBytes.AnimationControl(3)), "3 frames");
        Assert.Equal(320, Decode(PngBytes.Insert(png, "acTL", PngBytes.AnimationControl(1))).Image.Width);
    }

    [Fact]
    public void Decode_MoreBytesThanAllowed_SaysBoth()
    {
        byte[] png = ImageCodec.Encode(Photo, ImageFileFormat.Png);

        var exact = new ImageDecodeLimits { MaxBytes = png.Length };
        Assert.Equal(240, ImageCodec.Decode(png, exact).Image.Height);
        Refused(ImageFormatErrorKind.TooManyBytes, png, "bytes", exact with { MaxBytes = png.Length - 1 });
    }

    [Fact]
    public void Decode_MorePixelsThanAllowed_SaysBoth()
    {
        byte[] png = ImageCodec.Encode(Photo, ImageFileFormat.Png);

        var exact = new ImageDecodeLimits { MaxPixels = 320 * 240, MaxSide = 320 };
        Assert.Equal(240, ImageCodec.Decode(png, exact).Image.Height);
        Refused(ImageFormatErrorKind.TooManyPixels, png, "320x240", exact with { MaxPixels = (320 * 240) - 1 });
        Refused(ImageFormatErrorKind.TooManyPixels, png, "320x240", exact with { MaxSide = 319 });
    }

    [Fact]
    public void Decode_MillionsOfPixelsInAFewBytes_CountAsPixels()
    {
        byte[] png = PngBytes.OneColour(2000, 1000);

        var exact = new ImageDecodeLimits { MaxPixels = 2_000_000 };
        Assert.Equal(2000, ImageCodec.Decode(png, exact).Image.Width);
        Refused(ImageFormatErrorKind.TooManyPixels, png, "2000x1000", exact with { MaxPixels = 1_999_999 });
    }

    [Fact]
    public void Decode_SidesOfZero_AreDamage()
    {
        Refused(ImageFormatErrorKind.Damaged, PngBytes.Claim(0, 10), "0x10");
        Refused(ImageFormatErrorKind.Damaged, PngBytes.Claim(10, 0), "10x0");
        Refused(ImageFormatErrorKind.Damaged, PngBytes.Claim(uint.MaxValue, 10), "header");
    }

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.Webp)]
    public void Decode_Truncated_IsDamageNotAGreyRest(ImageFileFormat format)
    {
        byte[] file = ImageCodec.Encode(Photo, format);

        foreach (double part in (double[])[0.001, 0.01, 0.1, 0.3, 0.5, 0.8, 0.95])
        {
            byte[] cut = file[..Math.Max((int)(file.Length * part), 12)];
            Refused(ImageFormatErrorKind.Damaged, cut, "damaged");
        }
    }

    [Fact]
    public void Decode_PngWithFalseChecksum_IsDamage()
    {
        byte[] png = ImageCodec.Encode(Photo, ImageFileFormat.Png);
        int data = png.AsSpan().IndexOf("IDAT"u8);
        int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(data - 4));
        png[data + 4 + length] ^= 0x55; // the checksum itself: the pixels are fine

        Refused(ImageFormatErrorKind.Damaged, png, "damaged");
    }

    [Fact]
    public void Decode_SignatureThenGarbage_IsDamage()
    {
        byte[] garbage = new byte[4000];
        new Random(3).NextBytes(garbage);
        byte[] pngSignature = ImageCodec.Encode(TestImages.Plain(1, 1, 0, 0, 0), ImageFileFormat.Png)[..8];

        Refused(ImageFormatErrorKind.Damaged, [.. pngSignature, .. garbage], "damaged");
        Refused(ImageFormatErrorKind.Damaged, [0xFF, 0xD8, 0xFF, .. garbage], "damaged");
        Refused(ImageFormatErrorKind.Damaged, [.. "RIFF\0\0\0\0WEBPVP8 "u8, .. garbage], null);
        Refused(ImageFormatErrorKind.Damaged, pngSignature, "damaged");
    }

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.Webp)]
    public void Decode_MutatedFiles_GiveAPictureOrOurError(ImageFileFormat format)
    {
        byte[] file = TestImageFiles.WithOrientation(TestImages.Photo(48, 40), 6, format);
        var limits = new ImageDecodeLimits { MaxPixels = 1_000_000 };
        var random = new Random(5);
        int refused = 0;
        for (int round = 0; round < 400; round++)
        {
            byte[] mutated = [.. file];
            for (int change = 0; change <= round % 5; change++)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }
            try
            {
                DecodedImage decoded = ImageCodec.Decode(mutated, limits);
                Assert.InRange(decoded.Image.Width, 1, 1_000_000);
            }
            catch (ImageFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 399);
        Assert.Equal(40, Decode(TestImageFiles.WithOrientation(TestImages.Photo(40, 48), 6, format)).Image.Width);
    }

    private static DecodedImage Decode(byte[] bytes) => ImageCodec.Decode(bytes, ImageDecodeLimits.Default);

    private static void Refused(
        ImageFormatErrorKind kind,
        byte[] bytes,
        string? message,
        ImageDecodeLimits? limits = null
    )
    {
        var exception = Assert.Throws<ImageFormatException>(() =>
            ImageCodec.Decode(bytes, limits ?? ImageDecodeLimits.Default)
        );
        Assert.Equal(kind, exception.Kind);
        if (message is not null)
        {
            Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        }
    }
}
