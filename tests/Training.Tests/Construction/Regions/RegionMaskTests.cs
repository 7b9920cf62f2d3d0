using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;

namespace InstructDiffusion.Training.Tests.Construction.Regions;

public sealed class RegionMaskTests
{
    private static readonly RegionMask _speckled = new(
        23,
        17,
        [.. Enumerable.Range(0, 23 * 17).Select(i => i is 40 or 44 or 200 or 388)]
    );

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void Dilate_Mask_HoldsEveryPixelWithinTheRadius(int radius)
    {
        RegionMask wide = _speckled.Dilate(radius);

        for (int i = 0; i < wide.Pixels.Length; i++)
        {
            bool isNear = Enumerable
                .Range(0, wide.Pixels.Length)
                .Where(j => _speckled.Pixels[j])
                .Any(j => Math.Pow(i % 23 - j % 23, 2) + Math.Pow(i / 23 - j / 23, 2) <= radius * radius);
            Assert.Equal(isNear, wide.Pixels[i]);
        }
    }

    [Fact]
    public void Threshold_Certainties_TakesThoseThatReachIt()
    {
        RegionMask mask = RegionMask.Threshold([0.1f, 0.4f, 0.39f, 0.9f, 0.4f, 0f], 3, 0.4f);

        Assert.Equal([false, true, false, true, true, false], mask.Pixels);
        Assert.Equal((3, 2), (mask.Width, mask.Height));
        Assert.Equal(0.5, mask.Area);
        Assert.Equal((0, 0, 2, 2), mask.Box);
    }

    [Fact]
    public void ToPng_Mask_IsReadBackAsItIs()
    {
        RgbImage picture = ImageCodec.Decode(_speckled.ToPng(), ImageDecodeLimits.Default).Image;

        Assert.Equal(_speckled.Pixels, RegionMask.Of(picture).Pixels);
    }

    [Fact]
    public void Resize_Mask_KeepsPlaceAndShape()
    {
        var half = new RegionMask(8, 4, [.. Enumerable.Range(0, 32).Select(i => i % 8 < 4)]);

        RegionMask small = half.Resize(4, 2);
        RegionMask large = half.Resize(16, 8);

        Assert.Equal([true, true, false, false, true, true, false, false], small.Pixels);
        Assert.Equal((0, 0, 8, 8), large.Box);
        Assert.Equal(0.5, large.Area);
    }

    [Fact]
    public void Box_EmptyMask_IsNothing() =>
        Assert.Equal((0, 0, 0, 0), new RegionMask(3, 1, [false, false, false]).Box);
}
