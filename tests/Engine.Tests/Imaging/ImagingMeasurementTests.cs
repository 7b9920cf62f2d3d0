using System.Diagnostics;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

/// <summary>Time and memory, measured while no other test runs.</summary>
[Collection(nameof(ImagingMeasurementTests))]
[CollectionDefinition(nameof(ImagingMeasurementTests), DisableParallelization = true)]
public sealed class ImagingMeasurementTests
{
    private static readonly RgbImage Photo = TestImages.Photo(320, 240);

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

        Assert.InRange(clock.ElapsedMilliseconds, 0, 1_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocatedBefore, 0, 100_000);
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

        Exception? failure = Record.Exception(() =>
            Assert.Equal(Photo.Pixels, ImageCodec.Decode(bomb, ImageDecodeLimits.Default).Image.Pixels)
        );

        Assert.True(
            failure is null or ImageFormatException { Kind: ImageFormatErrorKind.Damaged },
            failure?.ToString()
        );
        process.Refresh();
        // The kernel counts pages per thread and may tell a few less than before.
        Assert.InRange(process.PeakWorkingSet64 - peakBefore, -1_000_000, 100_000_000);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 10_000);
    }

    [Fact]
    public void Decode_ProgressiveJpegOfManyScans_IsRefusedQuickly()
    {
        byte[] bomb = ProgressiveBomb(side: 6000, scans: 5000);
        var clock = Stopwatch.StartNew();

        Refused(ImageFormatErrorKind.Damaged, bomb, "damaged");

        Assert.InRange(clock.ElapsedMilliseconds, 0, 20_000);
    }

    [Fact]
    public void Decode_AndEncode_LeaveNothingInTheLibrary()
    {
        byte[] file = TestImageFiles.WithProfile(TestImages.Photo(200, 160), "p3", asJpeg: true);
        Round();
        int allocations = NetVips.Stats.Allocations;
        int bytes = NetVips.Stats.Mem;
        for (int i = 0; i < 20; i++)
        {
            Round();
        }

        Assert.InRange(NetVips.Stats.Allocations, 0, allocations);
        Assert.InRange(NetVips.Stats.Mem, 0, bytes);

        void Round()
        {
            // First: what a failed decode held is let go when the next one starts.
            Refused(ImageFormatErrorKind.Damaged, file[..(file.Length / 2)], "damaged");
            DecodedImage decoded = ImageCodec.Decode(file, ImageDecodeLimits.Default);
            ImageCodec.Encode(decoded.Image, ImageFileFormat.Png, alpha: new byte[200 * 160]);
        }
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
