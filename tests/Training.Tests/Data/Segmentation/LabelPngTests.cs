using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Segmentation;

namespace InstructDiffusion.Training.Tests.Data.Segmentation;

public sealed class LabelPngTests
{
    private const int Width = 37;
    private const int Height = 23;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Read_GreyOfAnyDepth_GivesTheNumbersThatAreStored(int depth)
    {
        int LabelAt(int x, int y) => ((x * 977) + (y * 3331) + (x * y)) & ((1 << depth) - 1);

        LabelMap map = Read(LabelFiles.Grey(Width, Height, depth, LabelAt));

        Assert.Equal((Width, Height), (map.Width, map.Height));
        Assert.Equal(Numbers(LabelAt), map.Values.Select(value => (int)value));
    }

    /// <summary>And its colours are those of Pascal VOC's palette, as a decoder of pictures shows them.</summary>
    [Fact]
    public void Read_Palette_GivesPlacesNotColours()
    {
        int LabelAt(int x, int y) => (x + (7 * y)) % 256;
        byte[] png = LabelFiles.Palette(Width, Height, LabelAt);

        Assert.Equal(Numbers(LabelAt), Read(png).Values.Select(value => (int)value));
        RgbImage colors = ImageCodec.Decode(png, ImageDecodeLimits.Default).Image;
        Assert.Equal([128, 0, 0], colors.Pixels.Slice(3, 3).ToArray()); // label 1: aeroplane
        Assert.Equal([192, 128, 128], colors.Pixels.Slice(15 * 3, 3).ToArray()); // label 15: person
    }

    [Fact]
    public void Read_WhatAnEncoderWrote_IsTheSame()
    {
        byte[] levels = new byte[Width * Height * 3];
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = (byte)(i / 3 * 31 % 200);
        }
        byte[] png = TestImageFiles.Grey(new RgbImage(Width, Height, levels), ImageFileFormat.Png);

        Assert.Equal(Numbers((x, y) => ((y * Width) + x) * 31 % 200), Read(png).Values.Select(value => (int)value));
    }

    public static TheoryData<string, byte[]> Damaged
    {
        get
        {
            byte[] sound = LabelFiles.Grey(Width, Height, 8, (x, _) => x);
            return new TheoryData<string, byte[]>
            {
                { "expected a PNG", [1, 2, 3] },
                { "ends in the middle", [.. sound.Take(20)] },
                { "ends in the middle", [.. sound.Take(sound.Length - 30)] },
                { "colour type 2 of 8 bits", PngBytes.Of(9, 9, depth: 8, color: 2) },
                { "colour type 3 of 16 bits", PngBytes.Of(9, 9, depth: 16, color: 3) },
                { "0x9 pixels", PngBytes.Of(0, 9, depth: 8, color: 0) },
                { "3,600,000,000", PngBytes.Claim(60_000, 60_000) },
                { "stream", PngBytes.Claim(9, 9) },
                { "unknown filter 7", PngBytes.File(2, 1, ("IDAT", Packed(7, 0, 0))) },
                { "stream", PngBytes.File(2, 2, ("IDAT", Packed(0, 5, 5))) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Read_AnythingElse_IsABrokenSample(string message, byte[] png)
    {
        var error = Assert.Throws<BrokenSampleException>(() => Read(png));

        Assert.StartsWith("map.png: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static LabelMap Read(byte[] png) => LabelPng.Read(png, "map.png", ImageDecodeLimits.Default);

    private static IEnumerable<int> Numbers(Func<int, int, int> labelAt) =>
        Enumerable.Range(0, Width * Height).Select(i => labelAt(i % Width, i / Width));

    private static byte[] Packed(params byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (
            var zlib = new System.IO.Compression.ZLibStream(
                packed,
                System.IO.Compression.CompressionLevel.Fastest,
                leaveOpen: true
            )
        )
        {
            zlib.Write(bytes);
        }
        return packed.ToArray();
    }
}
