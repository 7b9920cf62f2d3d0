using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Vision;

public sealed class PaintedMaskTests
{
    private const int Side = 24;

    private static readonly PaintColor Red = new(255, 0, 0);

    [Fact]
    public void Read_HalfCoveredSquare_IsFoundButForItsCorners()
    {
        RgbImage before = TestImages.Gradient(Side, Side);
        bool[] square = Square(5, 5, 10);

        bool[] mask = PaintedMask.Read(before, Cover(before, square, Red, 0.5), Red);

        bool[] rounded = [.. square];
        foreach (int corner in (int[])[5 * Side + 5, 5 * Side + 14, 14 * Side + 5, 14 * Side + 14])
        {
            rounded[corner] = false; // the 3×3 median
        }
        Assert.Equal(rounded, mask);
    }

    [Fact]
    public void Read_SquareOfAnotherColour_IsNotFound()
    {
        RgbImage before = TestImages.Plain(Side, Side, 128, 128, 128);
        RgbImage painted = Cover(before, Square(5, 5, 10), new PaintColor(0, 128, 255), 0.5);

        Assert.DoesNotContain(true, PaintedMask.Read(before, painted, Red));
    }

    [Fact]
    public void Read_UntouchedPicture_IsEmpty()
    {
        RgbImage before = TestImages.Photo(Side, Side);

        Assert.DoesNotContain(true, PaintedMask.Read(before, before, Red));
    }

    [Fact]
    public void Read_PieceOfFewPixels_IsDropped()
    {
        RgbImage before = TestImages.Plain(Side, Side, 40, 90, 200);
        RgbImage painted = Cover(before, Square(3, 3, 3), Red, 0.5); // five pixels after the median

        Assert.DoesNotContain(true, PaintedMask.Read(before, painted, Red));
    }

    [Fact]
    public void Read_ColourNearThePictures_GoesByTheChange()
    {
        RgbImage before = TestImages.Plain(Side, Side, 100, 100, 100);
        var near = new PaintColor(130, 130, 130);

        bool[] mask = PaintedMask.Read(before, Cover(before, Square(5, 5, 10), near, 0.5), near);

        Assert.Equal(96, mask.Count(set => set));
    }

    [Fact]
    public void Read_ColourNearThePicturesInANoisyOne_WantsMoreChange()
    {
        // The right half has another colour, so that its change shows how much unpainted pixels differ: 15 levels.
        RgbImage left = TestImages.Plain(Side, Side, 100, 100, 100);
        bool[] half = [.. Enumerable.Range(0, Side * Side).Select(i => i % Side >= Side / 2)];
        RgbImage before = Cover(left, half, new PaintColor(0, 0, 100), 1);
        RgbImage noisy = Cover(left, half, new PaintColor(0, 15, 100), 1);
        var near = new PaintColor(130, 130, 130);
        bool[] square = Square(1, 5, 9);

        Assert.DoesNotContain(true, PaintedMask.Read(before, Cover(noisy, square, near, 0.5), near));
        Assert.Contains(true, PaintedMask.Read(before, Cover(before, square, near, 0.5), near));
    }

    [Fact]
    public void Read_OfAnotherSize_IsRefused() =>
        Assert.Contains(
            "expected 24x24 as before, got 23x24",
            Assert
                .Throws<ArgumentException>(() =>
                    PaintedMask.Read(TestImages.Plain(24, 24, 0, 0, 0), TestImages.Plain(23, 24, 0, 0, 0), Red)
                )
                .Message,
            StringComparison.Ordinal
        );

    private static bool[] Square(int left, int top, int side)
    {
        var mask = new bool[Side * Side];
        for (int i = 0; i < side * side; i++)
        {
            mask[(top + i / side) * Side + left + i % side] = true;
        }
        return mask;
    }

    private static RgbImage Cover(RgbImage image, bool[] mask, PaintColor color, double opacity)
    {
        byte[] pixels = image.Pixels.ToArray();
        byte[] paint = [color.Red, color.Green, color.Blue];
        for (int i = 0; i < pixels.Length; i++)
        {
            if (mask[i / 3])
            {
                pixels[i] = (byte)Math.Round(pixels[i] * (1 - opacity) + paint[i % 3] * opacity);
            }
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }
}
