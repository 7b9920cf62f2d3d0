using System.Diagnostics;
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
    public void Decode_HugeClaims_AreRefusedAtOnce()
    {
        byte[] large = PngBytes.File(30_000, 30_000, ("IDAT", new byte[2_600_000]), ("IEND", []));
        byte[] jpeg = TestImageFiles.Jpeg(Photo);
        int frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        jpeg.AsSpan(frame + 5, 4).Fill(0xFF); // height and width: 65,535

        Refused(ImageFormatErrorKind.TooManyPixels, PngBytes.Claim(65_535, 65_535), "65535x65535"); // and warms up
        long allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        Refused(ImageFormatErrorKind.TooManyPixels, large, "30000x30000");
        Refused(ImageFormatErrorKind.TooManyPixels, jpeg, "65535x65535");
        Refused(
            ImageFormatErrorKind.TooManyPixels,
            PngBytes.Claim(int.MaxValue, int.MaxValue),
            "2147483647x2147483647"
        );

        Assert.InRange(clock.ElapsedMilliseconds, 0, 50);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocatedBefore, 0, 100_000);
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
    [InlineData("zTXt")]
    [InlineData("iCCP")]
    public void Decode_TextOrProfileBomb_StaysQuickAndFlat(string chunk)
    {
        byte[] png = ImageCodec.Encode(Photo, ImageFileFormat.Png);
        byte[] body = [.. "name"u8, 0, 0, .. PngBytes.DeflatedZeros(200_000_000)];
        byte[] bomb = PngBytes.Insert(png, chunk, body);
        using var process = Process.GetCurrentProcess();
        long peakBefore = process.PeakWorkingSet64;
        var clock = Stopwatch.StartNew();

        Exception? failure = Record.Exception(() => Assert.Equal(Photo.Pixels, Decode(bomb).Image.Pixels));

        Assert.True(
            failure is null or ImageFormatException { Kind: ImageFormatErrorKind.Damaged },
            failure?.ToString()
        );
        process.Refresh();
        Assert.InRange(process.PeakWorkingSet64 - peakBefore, 0, 100_000_000);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 2000);
    }

    [Fact]
    public void Decode_ProgressiveJpegOfManyScans_IsRefusedQuickly()
    {
        byte[] bomb = ProgressiveBomb(side: 6000, scans: 5000);
        var clock = Stopwatch.StartNew();

        Refused(ImageFormatErrorKind.Damaged, bomb, "damaged");

        Assert.InRange(clock.ElapsedMilliseconds, 0, 5000);
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

    [Fact]
    public void Decode_ManyTimes_KeepsMemoryFlat()
    {
        byte[] file = TestImageFiles.Jpeg(TestImages.Photo(1000, 800));
        long WorkingSetAfter(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                ImageCodec.Encode(Decode(file).Image, ImageFileFormat.Jpeg);
            }
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }

        long before = WorkingSetAfter(20);
        long after = WorkingSetAfter(60);

        Assert.InRange(after - before, long.MinValue, 60_000_000); // 60 leaked pictures would be 144 MB and more
    }

    /// <summary>A progressive grey JPEG whose every scan says "no change" for the whole picture in a few bytes.</summary>
    private static byte[] ProgressiveBomb(int side, int scans)
    {
        byte hi = (byte)(side >> 8);
        byte lo = (byte)side;
        byte[] quantization = [0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64)];
        byte[] frame = [0xFF, 0xC2, 0, 11, 8, hi, lo, hi, lo, 1, 1, 0x11, 0];
        // One code of one bit: DC difference 0 (table 0) and an end-of-band run of 2^14 blocks and more (AC table 0).
        byte[] dc = [0xFF, 0xC4, 0, 20, 0x00, 1, .. new byte[15], 0];
        byte[] ac = [0xFF, 0xC4, 0, 20, 0x10, 1, .. new byte[15], 0xE0];
        using var file = new MemoryStream();
        file.Write([0xFF, 0xD8, .. quantization, .. frame, .. dc, .. ac]);
        int blocks = (side + 7) / 8 * ((side + 7) / 8);
        file.Write([0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 0, 0]);
        file.Write(new byte[(blocks + 7) / 8]); // DC: every block one zero bit
        byte[] bandScan = [0xFF, 0xDA, 0, 8, 1, 1, 0x00, 1, 63, 0, .. new byte[blocks / (1 << 14) * 2 + 4]];
        for (int i = 0; i < scans; i++)
        {
            file.Write(bandScan);
        }
        file.Write([0xFF, 0xD9]);
        return file.ToArray();
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
