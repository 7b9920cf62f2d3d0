using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Vision;

public sealed class PaintPaletteTests
{
    [Theory]
    [InlineData(250, 250, 250, "black")]
    [InlineData(5, 5, 5, "white")]
    [InlineData(20, 20, 230, "yellow")]
    [InlineData(230, 220, 20, "blue")]
    public void FarthestFrom_PlainPicture_IsTheOppositeColour(byte red, byte green, byte blue, string expected) =>
        Assert.Equal(
            expected,
            PaintPalette.FarthestFrom(PaintPalette.Segmentation, TestImages.Plain(100, 30, red, green, blue)).Name
        );

    [Fact]
    public void FarthestFrom_PictureWithASpeckOfTheColour_TakesItAllTheSame()
    {
        RgbImage picture = Paintings.Cover(
            TestImages.Plain(100, 100, 250, 250, 250),
            new PaintColor(0, 0, 0),
            1,
            (x, y) => x < 20 && y < 20 // a twenty-fifth
        );

        Assert.Equal("black", PaintPalette.FarthestFrom(PaintPalette.Segmentation, picture).Name);
    }

    [Fact]
    public void FarthestFrom_PictureOfTwoColours_StandsOutFromBoth()
    {
        RgbImage picture = Paintings.Cover(
            TestImages.Plain(64, 64, 255, 255, 255),
            new PaintColor(0, 0, 0),
            1,
            (x, _) => x < 32
        );

        NamedPaint paint = PaintPalette.FarthestFrom(PaintPalette.Segmentation, picture);

        // Red, blue and yellow are 255 from the nearer of the two; the first in the list is taken.
        Assert.Equal("red", paint.Name);
    }

    [Fact]
    public void FarthestFrom_SmallestPicture_Works() =>
        Assert.Equal("white", PaintPalette.FarthestFrom(PaintPalette.Keypoints, TestImages.Plain(1, 1, 0, 0, 0)).Name);

    [Theory]
    [InlineData("#00ff7f", 0, 255, 127)]
    [InlineData("#00FF7F", 0, 255, 127)]
    public void Parse_Hexadecimal_IsTheColour(string text, byte red, byte green, byte blue)
    {
        Assert.Equal(new PaintColor(red, green, blue), PaintPalette.Parse(text));
        Assert.Equal(text.ToLowerInvariant(), PaintPalette.ToHex(new PaintColor(red, green, blue)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00ff7f")]
    [InlineData("#00ff7")]
    [InlineData("#00ff7f0")]
    [InlineData("#+0ff7f")]
    [InlineData("# 0ff7f")]
    [InlineData("#00gg00")]
    public void Parse_AnythingElse_IsNull(string text) => Assert.Null(PaintPalette.Parse(text));
}
