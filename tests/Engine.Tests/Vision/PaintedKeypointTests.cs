using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Vision;

public sealed class PaintedKeypointTests
{
    private const int Side = 32;
    private const int Radius = 3;

    private static readonly PaintColor Blue = new(0, 0, 255);

    private static readonly RgbImage Before = TestImages.Plain(Side, Side, 120, 130, 110);

    [Theory]
    [InlineData(16, 9)]
    [InlineData(3, 28)]
    [InlineData(0, 12)] // cut off by the left edge
    [InlineData(31, 12)]
    [InlineData(12, 0)]
    [InlineData(31, 31)] // a quarter is left
    public void Find_Disc_IsExact(int x, int y)
    {
        KeypointReading? found = PaintedKeypoint.Find(Before, Draw(Before, x, y), Blue, Radius);

        Assert.Equal(x, found!.Value.X, 1e-9);
        Assert.Equal(y, found.Value.Y, 1e-9);
        Assert.Equal(1, found.Value.Confidence, 1e-9);
    }

    [Fact]
    public void Find_DiscBetweenTwoPixels_LiesBetweenThem()
    {
        RgbImage painted = Draw(Draw(Before, 10, 15), 11, 15);

        KeypointReading found = PaintedKeypoint.Find(Before, painted, Blue, Radius)!.Value;

        Assert.Equal(10.5, found.X, 1e-9);
        Assert.Equal(15, found.Y, 1e-9);
    }

    [Fact]
    public void Find_DiscMixedWithThePicture_IsFoundWithLessConfidence()
    {
        KeypointReading found = PaintedKeypoint.Find(Before, Draw(Before, 20, 20, opacity: 0.5), Blue, Radius)!.Value;

        Assert.Equal(20, found.X, 1e-9);
        Assert.Equal(20, found.Y, 1e-9);
        Assert.Equal(0.5, found.Confidence, 0.01);
    }

    [Fact]
    public void Find_OfTwoDiscs_TheFullerOneWins()
    {
        RgbImage painted = Draw(Draw(Before, 8, 8, opacity: 0.6), 24, 24);

        KeypointReading found = PaintedKeypoint.Find(Before, painted, Blue, Radius)!.Value;

        Assert.Equal(24, found.X, 1e-9);
        Assert.Equal(24, found.Y, 1e-9);
    }

    [Fact]
    public void Find_NothingDrawn_IsNull() => Assert.Null(PaintedKeypoint.Find(Before, Before, Blue, Radius));

    [Fact]
    public void Find_FaintDisc_IsNull() =>
        Assert.Null(PaintedKeypoint.Find(Before, Draw(Before, 16, 16, opacity: 0.25), Blue, Radius));

    [Fact]
    public void Find_DiscOfAnotherColour_IsNull() =>
        Assert.Null(PaintedKeypoint.Find(Before, Draw(Before, 16, 16), new PaintColor(255, 255, 0), Radius));

    [Fact]
    public void Find_PictureThatWasOfTheColourBefore_IsNull()
    {
        RgbImage blue = TestImages.Plain(Side, Side, 0, 0, 250);

        Assert.Null(PaintedKeypoint.Find(blue, Draw(blue, 16, 16), Blue, Radius));
    }

    [Fact]
    public void Find_WithoutRadius_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PaintedKeypoint.Find(Before, Before, Blue, 0));

    /// <summary>Pixels with dx² + dy² ≤ r² + 1, counted out rather than by rows.</summary>
    private static RgbImage Draw(RgbImage image, int x, int y, double opacity = 1)
    {
        byte[] pixels = image.Pixels.ToArray();
        byte[] paint = [Blue.Red, Blue.Green, Blue.Blue];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int dx, int dy) = (i / 3 % Side - x, i / 3 / Side - y);
            if (dx * dx + dy * dy <= Radius * Radius + 1)
            {
                pixels[i] = (byte)Math.Round(pixels[i] * (1 - opacity) + paint[i % 3] * opacity);
            }
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }
}
