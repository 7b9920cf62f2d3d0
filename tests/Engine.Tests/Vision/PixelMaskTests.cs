using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Engine.Tests.Vision;

public sealed class PixelMaskTests
{
    [Fact]
    public void FromPixels_SomeRows_TellsSpansAreaAndBox()
    {
        PixelMask mask = Masks.Of(
            ".....", //
            ".##.#",
            ".....",
            "...#."
        );

        Assert.Equal((5, 4), (mask.Width, mask.Height));
        Assert.Equal([new PixelSpan(1, 3), new PixelSpan(4, 5)], mask.Row(1).ToArray());
        Assert.True(mask.Row(2).IsEmpty);
        Assert.Equal(4, mask.Area);
        Assert.Equal(new PixelBox(1, 1, 4, 3), mask.Box);
        Assert.Equal([0, 255, 255, 0, 255], mask.ToGray()[5..10]);
    }

    [Fact]
    public void Empty_HasNeitherAreaNorBox()
    {
        PixelMask mask = PixelMask.Empty(7, 3);

        Assert.Equal(0, mask.Area);
        Assert.Null(mask.Box);
        Assert.Equal(new byte[21], mask.ToGray());
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(6, 4)]
    [InlineData(4, 0)]
    public void FromPixels_NoWholeRows_IsRefused(int count, int width) =>
        Assert.Throws<ArgumentException>(() => PixelMask.FromPixels(new bool[count], width));
}
