using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class ChangedRegionScoreTests
{
    private static readonly RgbImage Source = TestImages.Plain(10, 10, 100, 100, 100);
    private static readonly RgbImage Target = WithFirstPixels(Source, 2, 200);

    [Fact]
    public void Psnr_DoingNothing_CountsTheSmallRegionAsHalf() =>
        // Inside 100² of error, outside none: half of it, though the region is 2 % of the picture.
        Assert.Equal(10 * Math.Log10(255.0 * 255 / 5000), ChangedRegionScore.Psnr(Source, Target, Source), 6);

    [Fact]
    public void Psnr_SpoiltBackground_CountsAsMuchAsAMissedRegion() =>
        Assert.Equal(
            ChangedRegionScore.Psnr(Source, Target, Source),
            ChangedRegionScore.Psnr(Source, Target, TestImages.Plain(10, 10, 200, 200, 200)),
            6
        );

    [Fact]
    public void Psnr_EqualPictures_IsTheCeiling() => Assert.Equal(100, ChangedRegionScore.Psnr(Source, Target, Target));

    [Fact]
    public void Psnr_CloserToTheTarget_IsMore() =>
        Assert.True(
            ChangedRegionScore.Psnr(Source, Target, WithFirstPixels(Source, 2, 190))
                > ChangedRegionScore.Psnr(Source, Target, WithFirstPixels(Source, 2, 150))
        );

    [Fact]
    public void Psnr_AnotherSize_IsRefused() =>
        Assert.Throws<ArgumentException>(() =>
            ChangedRegionScore.Psnr(Source, Target, TestImages.Plain(9, 10, 0, 0, 0))
        );

    private static RgbImage WithFirstPixels(RgbImage image, int count, byte value)
    {
        byte[] pixels = image.Pixels.ToArray();
        pixels.AsSpan(0, 3 * count).Fill(value);
        return new RgbImage(image.Width, image.Height, pixels);
    }
}
