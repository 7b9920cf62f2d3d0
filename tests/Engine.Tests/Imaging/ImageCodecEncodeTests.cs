using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class ImageCodecEncodeTests
{
    private static readonly RgbImage Photo = TestImages.Photo(90, 60);

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Jpeg)]
    [InlineData(ImageFileFormat.Webp)]
    public void Encode_Picture_ComesBackAlike(ImageFileFormat format)
    {
        RgbImage smooth = TestImages.Gradient(120, 80);
        byte[] file = ImageCodec.Encode(smooth, format);

        ImageHeader header = ImageCodec.ReadHeader(file);
        DecodedImage decoded = ImageCodec.Decode(file, ImageDecodeLimits.Default);

        Assert.Equal(new ImageHeader(format, new ImageSize(120, 80), 1), header);
        Assert.Equal(format, decoded.Format);
        Assert.InRange(TestImages.MaxDifference(smooth, decoded.Image), 0, format == ImageFileFormat.Png ? 0 : 10);
    }

    [Fact]
    public void Encode_LowerQuality_GivesSmallerFiles()
    {
        foreach (ImageFileFormat format in (ImageFileFormat[])[ImageFileFormat.Jpeg, ImageFileFormat.Webp])
        {
            int best = ImageCodec.Encode(Photo, format, quality: 95).Length;
            int worst = ImageCodec.Encode(Photo, format, quality: 20).Length;
            Assert.True(worst < best * 0.7, $"{format}: {worst} against {best}");
        }
    }

    [Theory]
    [InlineData(ImageFileFormat.Png)]
    [InlineData(ImageFileFormat.Webp)]
    public void Encode_Alpha_ComesBackExactly(ImageFileFormat format)
    {
        byte[] alpha = TestImages.FadingAlpha(90, 60);

        byte[] file = ImageCodec.Encode(Photo, format, alpha: alpha);

        Assert.Equal(alpha, ImageCodec.Decode(file, ImageDecodeLimits.Default).Alpha);
        Assert.Equal(new ImageSize(90, 60), ImageCodec.ReadHeader(file).Size);
    }

    [Fact]
    public void Encode_Text_IsReadBack()
    {
        var text = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["instruction"] = "make it a café at night",
            ["unicode"] = "日本語 🙂\nsecond line",
            ["json"] = """{"steps": 50, "seed": 42}""",
            ["empty"] = "",
        };

        byte[] file = ImageCodec.Encode(Photo, ImageFileFormat.Png, text: text);

        Assert.Equal(text, ImageCodec.ReadText(file));
        Assert.Equal(Photo.Pixels, ImageCodec.Decode(file, ImageDecodeLimits.Default).Image.Pixels);
    }

    [Fact]
    public void Encode_SourceMetadata_IsNotThere()
    {
        byte[] file = ImageCodec.Encode(Photo, ImageFileFormat.Png);

        foreach (string chunk in (string[])["eXIf", "tEXt", "iTXt", "iCCP", "tIME"])
        {
            Assert.Equal(-1, file.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(chunk)));
        }
        Assert.Empty(ImageCodec.ReadText(file));
        Assert.Empty(ImageCodec.ReadText(ImageCodec.Encode(Photo, ImageFileFormat.Jpeg)));
    }

    [Fact]
    public void Encode_WhatTheFormatCannotHold_IsRefused()
    {
        var text = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b" };

        Assert.Throws<ArgumentOutOfRangeException>(() => ImageCodec.Encode(Photo, ImageFileFormat.Jpeg, quality: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageCodec.Encode(Photo, ImageFileFormat.Jpeg, quality: 101));
        Assert.Throws<ArgumentException>(() => ImageCodec.Encode(Photo, ImageFileFormat.Jpeg, alpha: new byte[5400]));
        Assert.Throws<ArgumentException>(() => ImageCodec.Encode(Photo, ImageFileFormat.Png, alpha: new byte[5399]));
        Assert.Throws<ArgumentException>(() => ImageCodec.Encode(Photo, ImageFileFormat.Webp, text: text));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" leading")]
    [InlineData("caf\u00E9")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345678901234567890")]
    public void Encode_KeywordPngForbids_IsRefused(string keyword)
    {
        var text = new Dictionary<string, string>(StringComparer.Ordinal) { [keyword] = "value" };

        Assert.Throws<ArgumentException>(() => ImageCodec.Encode(Photo, ImageFileFormat.Png, text: text));
    }

    [Fact]
    public void Encode_TooMuchText_IsRefused()
    {
        var text = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = new string('x', 1 << 20) };

        Assert.Throws<ArgumentException>(() => ImageCodec.Encode(Photo, ImageFileFormat.Png, text: text));
    }

    [Fact]
    public void ReadText_DamagedOrHuge_SaysSo()
    {
        byte[] png = ImageCodec.Encode(Photo, ImageFileFormat.Png);
        byte[] tagged = PngBytes.Insert(png, "tEXt", [.. "key\0value"u8]);
        byte[] falseSum = [.. tagged];
        falseSum[33 + 8] ^= 1;

        Assert.Equal("value", ImageCodec.ReadText(tagged)["key"]);
        Assert.Throws<ImageFormatException>(() => ImageCodec.ReadText(falseSum));
        Assert.Throws<ImageFormatException>(() => ImageCodec.ReadText(tagged.AsSpan(0, 45)));
        Assert.Throws<ImageFormatException>(() =>
            ImageCodec.ReadText(PngBytes.Insert(png, "tEXt", [.. "k\0"u8, .. new byte[1 << 20]]))
        );
        Assert.Empty(ImageCodec.ReadText(PngBytes.Insert(png, "iTXt", [.. "k\0"u8, 1, 0, 0, 0, 9, 9, 9])));
    }
}
