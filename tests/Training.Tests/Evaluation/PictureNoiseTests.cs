using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Evaluation;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed class PictureNoiseTests
{
    private static readonly RgbImage Grey = TestImages.Plain(4, 4, 100, 100, 100);

    [Theory]
    [InlineData(101, 48.1308)] // 20 log10(255)
    [InlineData(90, 28.1308)]
    [InlineData(100, 60)]
    public void Psnr_OfAConstantDifference(byte level, double expected) =>
        Assert.Equal(expected, PictureNoise.Psnr(Grey, TestImages.Plain(4, 4, level, level, level)), 1e-4);

    [Fact]
    public void Psnr_OfOneChannel_CountsTheOthers() =>
        Assert.Equal(
            48.1308 + 10 * Math.Log10(3),
            PictureNoise.Psnr(Grey, TestImages.Plain(4, 4, 100, 101, 100)),
            1e-4
        );

    [Fact]
    public void Psnr_InsideAndOutsideARegion()
    {
        byte[] pixels = Grey.Pixels.ToArray();
        pixels.AsSpan(0, 6).Fill(110);
        var picture = new RgbImage(4, 4, pixels);
        bool[] region = [true, true, true, true, .. new bool[12]];

        Assert.Equal(28.1308 + 10 * Math.Log10(2), PictureNoise.Psnr(Grey, picture, region, inside: true)!.Value, 1e-4);
        Assert.Equal(60, PictureNoise.Psnr(Grey, picture, region, inside: false));
        Assert.Null(PictureNoise.Psnr(Grey, picture, new bool[16], inside: true));
    }

    [Fact]
    public void Psnr_OfAnotherSize_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => PictureNoise.Psnr(Grey, TestImages.Plain(4, 5, 0, 0, 0)));
        Assert.Throws<ArgumentException>(() => PictureNoise.Psnr(Grey, Grey, new bool[3], inside: true));
    }
}
