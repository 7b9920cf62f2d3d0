using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Vision;

public sealed class PaintedKeypointDistinctnessTests
{
    private const int Radius = 4;

    private static readonly PaintColor Blue = new(0, 0, 255);

    private static readonly RgbImage Before = TestImages.Plain(64, 48, 120, 130, 110);

    [Fact]
    public void Find_OneDisc_HasAllThePaint() => Assert.Equal(1, Find(Draw(Before, 30, 20)).Distinctness, 1e-9);

    [Fact]
    public void Find_TwoEqualDiscs_HasHalf() =>
        Assert.Equal(0.5, Find(Draw(Draw(Before, 12, 20), 50, 30)).Distinctness, 1e-9);

    [Fact]
    public void Find_PictureOfTheColourEverywhere_HasNearlyNothing()
    {
        KeypointReading found = Find(Paintings.Cover(Before, Blue, 1, (_, _) => true));

        // A disc of 49 + 12 pixels at most, of 3,072.
        Assert.True(found.Distinctness < 0.03, $"{found}");
    }

    private static KeypointReading Find(RgbImage painted) => PaintedKeypoint.Find(Before, painted, Blue, Radius)!.Value;

    private static RgbImage Draw(RgbImage image, int x, int y) =>
        Paintings.Cover(image, Blue, 1, (px, py) => (px - x) * (px - x) + (py - y) * (py - y) <= Radius * Radius + 1);
}
