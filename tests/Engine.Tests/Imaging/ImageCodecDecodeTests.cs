using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class ImageCodecDecodeTests
{
    private static readonly RgbImage Photo = TestImages.Photo(90, 60);

    [Fact]
    public void Decode_Png_GivesThePixelsExactly()
    {
        DecodedImage decoded = Decode(ImageCodec.Encode(Photo, ImageFileFormat.Png));

        Assert.Equal(Photo.Pixels, decoded.Image.Pixels);
        Assert.Equal((90, 60), (decoded.Image.Width, decoded.Image.Height));
        Assert.Null(decoded.Alpha);
        Assert.Equal(ImageFileFormat.Png, decoded.Format);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Decode_EveryOrientation_GivesTheSameUprightPicture(int orientation)
    {
        DecodedImage png = Decode(TestImageFiles.WithOrientation(Photo, orientation));
        DecodedImage webp = Decode(TestImageFiles.WithOrientation(Photo, orientation, ImageFileFormat.Webp));
        DecodedImage jpeg = Decode(
            TestImageFiles.WithOrientation(TestImages.Gradient(90, 60), orientation, ImageFileFormat.Jpeg)
        );

        Assert.Equal(Photo.Pixels, png.Image.Pixels);
        Assert.Equal(Photo.Pixels, webp.Image.Pixels);
        Assert.InRange(TestImages.MaxDifference(TestImages.Gradient(90, 60), jpeg.Image), 0, 6);
    }

    [Fact]
    public void Decode_SixteenBits_RoundsToEight()
    {
        RgbImage grey = TestImages.Plain(4, 4, 10, 100, 200);

        Assert.Equal(grey.Pixels, Decode(TestImageFiles.Png16(grey)).Image.Pixels);
        Assert.Equal(grey.Pixels, Decode(TestImageFiles.Png16(grey, offset: 128)).Image.Pixels);
        Assert.Equal(
            TestImages.Plain(4, 4, 11, 101, 201).Pixels,
            Decode(TestImageFiles.Png16(grey, offset: 129)).Image.Pixels
        );
    }

    [Theory]
    [InlineData(ImageFileFormat.Png, 0)]
    [InlineData(ImageFileFormat.Jpeg, 6)]
    public void Decode_Greyscale_RepeatsTheChannel(ImageFileFormat format, int tolerance)
    {
        RgbImage source = TestImages.Gradient(64, 48);

        RgbImage decoded = Decode(TestImageFiles.Grey(source, format)).Image;

        for (int i = 0; i < decoded.Pixels.Length; i += 3)
        {
            Assert.Equal((decoded.Pixels[i], decoded.Pixels[i]), (decoded.Pixels[i + 1], decoded.Pixels[i + 2]));
            Assert.InRange(decoded.Pixels[i] - source.Pixels[i], -tolerance, tolerance);
        }
    }

    [Fact]
    public void Decode_GreyWithAlpha_SplitsTheAlpha()
    {
        byte[] alpha = TestImages.FadingAlpha(90, 60);

        DecodedImage decoded = Decode(TestImageFiles.Grey(Photo, ImageFileFormat.Png, alpha));

        Assert.Equal(alpha, decoded.Alpha);
        Assert.Equal(Photo.Pixels[300], decoded.Image.Pixels[301]);
    }

    [Fact]
    public void Decode_PaletteWithAlpha_SplitsTheAlpha()
    {
        RgbImage plain = TestImages.Plain(16, 4, 200, 40, 90);
        byte[] alpha = TestImages.FadingAlpha(16, 4);

        DecodedImage decoded = Decode(TestImageFiles.PalettePng(plain, alpha));

        Assert.NotNull(decoded.Alpha);
        for (int i = 0; i < alpha.Length; i++)
        {
            Assert.InRange(decoded.Alpha[i] - alpha[i], -2, 2);
        }
        Assert.InRange(decoded.Image.Pixels[0], 198, 202);
    }

    [Fact]
    public void Decode_TransparentPixels_KeepTheirColours()
    {
        byte[] alpha = new byte[90 * 60];

        DecodedImage decoded = Decode(ImageCodec.Encode(Photo, ImageFileFormat.Png, alpha: alpha));

        Assert.Equal(Photo.Pixels, decoded.Image.Pixels);
        Assert.Equal(alpha, decoded.Alpha);
    }

    [Fact]
    public void Decode_AlphaOpaqueEverywhere_IsNull()
    {
        byte[] alpha = new byte[90 * 60];
        Array.Fill(alpha, (byte)255);

        Assert.Null(Decode(ImageCodec.Encode(Photo, ImageFileFormat.Png, alpha: alpha)).Alpha);
    }

    [Fact]
    public void Decode_RotatedWithAlpha_TurnsBothAlike()
    {
        byte[] stored = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60]; // 3 x 2
        byte[] png = ImageCodec.Encode(TestImages.Photo(3, 2), ImageFileFormat.Png, alpha: stored);
        byte[] exif = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];

        DecodedImage decoded = Decode(PngBytes.Insert(png, "eXIf", exif));

        Assert.Equal((2, 3), (decoded.Image.Width, decoded.Image.Height));
        Assert.Equal([0x40, 0x10, 0x50, 0x20, 0x60, 0x30], decoded.Alpha);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, 255, 255, 255)]
    [InlineData(255, 0, 0, 0, 0, 174, 239)] // press cyan
    [InlineData(0, 255, 255, 0, 237, 28, 36)] // press red
    [InlineData(0, 0, 0, 255, 35, 31, 32)] // press black
    public void Decode_CmykJpeg_GivesPressColours(byte c, byte m, byte y, byte k, int red, int green, int blue)
    {
        RgbImage decoded = Decode(TestImageFiles.CmykJpeg(16, 16, c, m, y, k)).Image;

        Assert.InRange(decoded.Pixels[0] - red, -25, 25);
        Assert.InRange(decoded.Pixels[1] - green, -25, 25);
        Assert.InRange(decoded.Pixels[2] - blue, -25, 25);
    }

    [Fact]
    public void Decode_InterlacedAndProgressive_AreRead()
    {
        Assert.Equal(Photo.Pixels, Decode(TestImageFiles.InterlacedPng(Photo)).Image.Pixels);
        Assert.Equal(
            Decode(TestImageFiles.Jpeg(Photo)).Image.Pixels,
            Decode(TestImageFiles.Jpeg(Photo, progressive: true)).Image.Pixels
        );
    }

    [Fact]
    public void Decode_SliceOfALargerArray_ReadsTheSliceAlone()
    {
        byte[] png = ImageCodec.Encode(Photo, ImageFileFormat.Png);
        byte[] padded = [1, 2, 3, .. png, 4, 5];

        Assert.Equal(Photo.Pixels, Decode(padded.AsMemory(3, png.Length)).Image.Pixels);
    }

    [Fact]
    public void Decode_OnePixel_IsRead()
    {
        RgbImage pixel = TestImages.Plain(1, 1, 1, 2, 3);

        Assert.Equal(pixel.Pixels, Decode(ImageCodec.Encode(pixel, ImageFileFormat.Png)).Image.Pixels);
    }

    [Fact]
    public void Decode_FromManyThreads_GivesEachItsPicture()
    {
        byte[][] files =
        [
            .. Enumerable.Range(0, 8).Select(i => ImageCodec.Encode(TestImages.Photo(64, 48, i), ImageFileFormat.Png)),
        ];

        Parallel.For(
            0,
            64,
            i => Assert.Equal(TestImages.Photo(64, 48, i % 8).Pixels, Decode(files[i % 8]).Image.Pixels)
        );
    }

    private static DecodedImage Decode(ReadOnlyMemory<byte> bytes) =>
        ImageCodec.Decode(bytes, ImageDecodeLimits.Default);
}
