using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class ImageCodecProfileTests
{
    [Theory]
    [InlineData(200, 100, 50)]
    [InlineData(40, 180, 90)]
    [InlineData(128, 128, 128)]
    [InlineData(255, 255, 255)]
    public void Decode_DisplayP3_BecomesSrgb(byte red, byte green, byte blue)
    {
        RgbImage tagged = TestImages.Plain(8, 8, red, green, blue);

        RgbImage decoded = Decode(TestImageFiles.WithProfile(tagged, "p3"));

        int[] expected = DisplayP3ToSrgb(red, green, blue);
        for (int channel = 0; channel < 3; channel++)
        {
            Assert.InRange(decoded.Pixels[channel] - expected[channel], -2, 2);
        }
    }

    [Fact]
    public void Decode_SrgbProfile_LeavesPixelsUntouched()
    {
        RgbImage photo = TestImages.Photo(90, 60);

        Assert.Equal(photo.Pixels, Decode(TestImageFiles.WithProfile(photo, "srgb")).Pixels);
    }

    [Fact]
    public void Decode_ProfileThatMakesNoSense_IsIgnored()
    {
        RgbImage photo = TestImages.Photo(90, 60);
        byte[] random = new byte[5000];
        new Random(7).NextBytes(random);
        byte[] header = [.. new byte[36], .. "acsp"u8, .. new byte[200]];

        foreach (byte[] profile in new[] { random, header, [1] })
        {
            Assert.Equal(photo.Pixels, Decode(TestImageFiles.WithProfile(photo, name: null, profile)).Pixels);
            RgbImage jpeg = Decode(
                TestImageFiles.WithProfile(TestImages.Gradient(90, 60), name: null, profile, asJpeg: true)
            );
            Assert.InRange(TestImages.MaxDifference(jpeg, TestImages.Gradient(90, 60)), 0, 6);
        }
    }

    [Fact]
    public void Decode_ProfileOfAnotherColourModel_IsIgnored()
    {
        RgbImage photo = TestImages.Photo(90, 60);

        Assert.Equal(photo.Pixels, Decode(TestImageFiles.WithProfile(photo, "cmyk")).Pixels);
    }

    [Fact]
    public void Decode_DamagedProfiles_NeverFail()
    {
        RgbImage photo = TestImages.Photo(32, 24);
        byte[] file = TestImageFiles.WithProfile(photo, "p3", asJpeg: true);
        int profileStart = file.AsSpan().IndexOf("ICC_PROFILE"u8) + 14;
        var random = new Random(11);
        for (int round = 0; round < 150; round++)
        {
            byte[] damaged = [.. file];
            for (int change = 0; change < 6; change++)
            {
                damaged[profileStart + random.Next(400)] = (byte)random.Next(256);
            }

            Assert.Equal(32, Decode(damaged).Width);
        }
    }

    private static RgbImage Decode(byte[] bytes) => ImageCodec.Decode(bytes, ImageDecodeLimits.Default).Image;

    /// <summary>The published primaries: both spaces share white point and transfer curve, so one linear matrix is the whole conversion.</summary>
    private static int[] DisplayP3ToSrgb(byte red, byte green, byte blue)
    {
        double r = ToLinear(red);
        double g = ToLinear(green);
        double b = ToLinear(blue);
        return
        [
            FromLinear((1.2249401 * r) - (0.2249402 * g)),
            FromLinear((-0.0420570 * r) + (1.0420571 * g)),
            FromLinear((-0.0196376 * r) - (0.0786361 * g) + (1.0982735 * b)),
        ];
    }

    private static double ToLinear(byte value)
    {
        double v = value / 255.0;
        return v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4);
    }

    private static int FromLinear(double value)
    {
        double v = Math.Clamp(value, 0, 1);
        return (int)Math.Round(255 * (v <= 0.0031308 ? v * 12.92 : (1.055 * Math.Pow(v, 1 / 2.4)) - 0.055));
    }
}
