using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class PhotographPyramidTests
{
    [Fact]
    public void Crop_AtFullSize_IsThePicture()
    {
        RgbImage image = TestImages.Photo(40, 40);

        float[] crop = Pyramid(image).Crop(0, 0, 40, 40);

        Assert.All(Enumerable.Range(0, crop.Length), i => Assert.Equal(image.Pixels[i], crop[i], 0.01));
    }

    [Theory]
    [InlineData(0, 0, 160)]
    [InlineData(13.3, 21.7, 101.5)]
    [InlineData(100, 120, 20)]
    public void Crop_IsNearWhatPillowsFilterGives(double left, double top, double side)
    {
        RgbImage image = TestImages.Gradient(200, 160);
        var box = new ResizeBox((float)left, (float)top, (float)(left + side), (float)(top + side));
        RgbImage expected = ImageResizer.Resize(image, new ImageSize(32, 32), ResizeFilter.Bilinear, Inside(box));

        float[] crop = Pyramid(image).Crop(box.Left, box.Top, Math.Min(side, 160 - top), 32);

        Assert.All(Enumerable.Range(0, crop.Length), i => Assert.InRange(crop[i] - expected.Pixels[i], -4, 4));
    }

    [Fact]
    public void Of_AnotherSizeThanTheListSays_IsABrokenSample()
    {
        Assert.Throws<BrokenSampleException>(() => PhotographPyramid.Of(TestImages.Photo(40, 30), Photograph(30, 40)));
    }

    private static ResizeBox Inside(ResizeBox box) =>
        box.Bottom <= 160 ? box : box with { Right = box.Left + 160 - box.Top, Bottom = 160 };

    private static PhotographPyramid Pyramid(RgbImage image) =>
        PhotographPyramid.Of(image, Photograph(image.Width, image.Height));

    private static DemoPhotograph Photograph(int width, int height) =>
        new()
        {
            Name = "made",
            Package = "none",
            Path = "made.png",
            Author = "nobody",
            Licence = "CC0",
            Width = width,
            Height = height,
        };
}
