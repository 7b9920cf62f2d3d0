using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class EditMaskTests
{
    private static readonly RgbImage Source = Flat(64, 48, 10);
    private static readonly RgbImage Edited = Flat(64, 48, 210);

    [Fact]
    public void Compose_Outside_KeepsEveryByteOfTheSource()
    {
        var random = new Random(3);
        var noise = new byte[64 * 48 * 3];
        random.NextBytes(noise);
        var source = new RgbImage(64, 48, noise);
        bool[] edited = Rectangle(64, 48, left: 10, top: 5, right: 40, bottom: 30);

        RgbImage result = new EditMask(64, 48, edited).Compose(source, Edited);

        for (int i = 0; i < edited.Length; i++)
        {
            if (!edited[i])
            {
                Assert.Equal(source.Pixels.Slice(i * 3, 3), result.Pixels.Slice(i * 3, 3));
            }
        }
        Assert.Equal(210, At(result, 25, 17));
    }

    [Fact]
    public void Compose_AlongTheEdge_FadesInWithinTheMask()
    {
        // 256 pixels on the shorter side: a seam of 4.
        var mask = new EditMask(256, 256, Rectangle(256, 256, left: 100, top: 0, right: 256, bottom: 256));
        Assert.Equal(4, mask.SeamWidth);

        RgbImage result = mask.Compose(Flat(256, 256, 0), Flat(256, 256, 250));

        Assert.Equal([0, 50, 100, 150, 200, 250, 250], Row(result, y: 128, from: 99, count: 7));
        // The picture's own edge is none of the mask's.
        Assert.Equal(250, At(result, 255, 0));
    }

    [Fact]
    public void Compose_FadingOutside_MeetsHalfwayAtTheEdge()
    {
        var mask = new EditMask(
            256,
            256,
            Rectangle(256, 256, left: 100, top: 0, right: 256, bottom: 256),
            fadesOutside: true
        );

        RgbImage result = mask.Compose(Flat(256, 256, 0), Flat(256, 256, 250));

        Assert.Equal([0, 0, 25, 50, 75, 100, 150, 175, 200, 225, 250], Row(result, y: 128, from: 94, count: 11));
    }

    [Fact]
    public void Compose_ThinMask_HasAHardEdge()
    {
        bool[] line = Rectangle(64, 48, left: 30, top: 0, right: 31, bottom: 48);

        var mask = new EditMask(64, 48, line);

        Assert.Equal(0, mask.SeamWidth);
        Assert.Equal([10, 210, 10], Row(mask.Compose(Source, Edited), y: 20, from: 29, count: 3));
    }

    [Fact]
    public void Compose_EverythingMarked_IsTheEditedPicture()
    {
        bool[] all = Rectangle(64, 48, left: 0, top: 0, right: 64, bottom: 48);

        RgbImage result = new EditMask(64, 48, all).Compose(Source, Edited);

        Assert.Equal(Edited.Pixels, result.Pixels);
    }

    [Fact]
    public void Compose_OtherSize_IsRefused()
    {
        var mask = new EditMask(64, 48, new bool[64 * 48]);

        Assert.Throws<ArgumentException>(() => mask.Compose(Source, Flat(48, 64, 0)));
        Assert.Throws<ArgumentException>(() => mask.Compose(Flat(48, 64, 0), Edited));
        Assert.Throws<ArgumentException>(() => new EditMask(64, 48, new bool[5]));
    }

    [Fact]
    public void Through_AResize_MarksTheSamePlace()
    {
        var mask = new EditMask(64, 48, Rectangle(64, 48, left: 32, top: 0, right: 64, bottom: 48));

        EditMask doubled = mask.Through(picture =>
            ImageResizer.Resize(picture, new ImageSize(128, 96), ResizeFilter.Lanczos3)
        );
        RgbImage result = doubled.Compose(Flat(128, 96, 0), Flat(128, 96, 200));

        Assert.Equal((128, 96), (doubled.Width, doubled.Height));
        Assert.Equal([0, 0, 100, 200], Row(result, y: 50, from: 62, count: 4));
    }

    [Fact]
    public void TransparentPixels_OnlyAlphaZero_AreMarked() =>
        Assert.Equal([true, false, false, false], EditMask.TransparentPixels([0, 1, 128, 255]));

    [Fact]
    public void BrightPixels_HalfAndMore_AreMarked()
    {
        var image = new RgbImage(4, 1, [0, 0, 0, 127, 127, 127, 128, 128, 128, 255, 255, 0]);

        Assert.Equal([false, false, true, true], EditMask.BrightPixels(image));
    }

    private static bool[] Rectangle(int width, int height, int left, int top, int right, int bottom) =>
        [
            .. Enumerable
                .Range(0, width * height)
                .Select(i => i % width >= left && i % width < right && i / width >= top && i / width < bottom),
        ];

    private static RgbImage Flat(int width, int height, byte value)
    {
        var pixels = new byte[width * height * 3];
        Array.Fill(pixels, value);
        return new RgbImage(width, height, pixels);
    }

    private static int At(RgbImage image, int x, int y) => image.Pixels[((y * image.Width) + x) * 3];

    private static int[] Row(RgbImage image, int y, int from, int count) =>
        [.. Enumerable.Range(from, count).Select(x => At(image, x, y))];
}
