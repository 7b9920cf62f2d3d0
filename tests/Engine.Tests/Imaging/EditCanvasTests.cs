using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class EditCanvasTests
{
    [Theory]
    [InlineData(CanvasPlacement.Pad)]
    [InlineData(CanvasPlacement.Crop)]
    public void Place_SameAspect_IsAPlainResize(CanvasPlacement placement)
    {
        RgbImage photo = TestImages.Photo(300, 200);
        var canvas = new EditCanvas(new(300, 200), new(192, 128), placement);

        RgbImage placed = canvas.Place(photo);

        Assert.Equal(ImageResizer.Resize(photo, new(192, 128), ResizeFilter.Lanczos3).Pixels, placed.Pixels);
        Assert.Equal(
            ImageResizer.Resize(placed, new(300, 200), ResizeFilter.Lanczos3).Pixels,
            canvas.Restore(placed).Pixels
        );
        Assert.Equal(new CanvasMap(0.64, 0.64, 0, 0), canvas.Map);
    }

    [Fact]
    public void Place_Crop_IsTheAuthorsFitBothWays()
    {
        RgbImage photo = TestImages.Photo(300, 200);
        var canvas = new EditCanvas(new(300, 200), new(128, 128), CanvasPlacement.Crop);

        RgbImage placed = canvas.Place(photo);

        Assert.Equal(ImageResizer.Fit(photo, new(128, 128), ResizeFilter.Lanczos3).Pixels, placed.Pixels);
        Assert.Equal(
            ImageResizer.Fit(placed, new(300, 200), ResizeFilter.Lanczos3).Pixels,
            canvas.Restore(placed).Pixels
        );
    }

    [Theory]
    [InlineData(160, 90, 128, 128, 0, 28, 128, 72)]
    [InlineData(90, 160, 128, 128, 28, 0, 72, 128)]
    [InlineData(1000, 3, 128, 64, 0, 31, 128, 1)]
    [InlineData(50, 50, 64, 192, 0, 64, 64, 64)]
    public void Place_Pad_MirrorsAroundTheWholePicture(
        int width,
        int height,
        int canvasWidth,
        int canvasHeight,
        int left,
        int top,
        int innerWidth,
        int innerHeight
    )
    {
        RgbImage photo = TestImages.Photo(width, height);
        RgbImage inner = ImageResizer.Resize(photo, new(innerWidth, innerHeight), ResizeFilter.Lanczos3);

        RgbImage placed = new EditCanvas(new(width, height), new(canvasWidth, canvasHeight)).Place(photo);

        for (int y = 0; y < canvasHeight; y++)
        {
            for (int x = 0; x < canvasWidth; x++)
            {
                int innerX = Reflect(x - left, innerWidth);
                int innerY = Reflect(y - top, innerHeight);
                Assert.Equal(PixelOf(inner, innerX, innerY), PixelOf(placed, x, y));
            }
        }
    }

    [Theory]
    [InlineData(160, 90, 192, 128)]
    [InlineData(333, 500, 384, 576)]
    [InlineData(97, 251, 128, 256)]
    public void Restore_Pad_GivesTheWholePictureBackAligned(int width, int height, int canvasWidth, int canvasHeight)
    {
        // Smooth, so that what is lost in resizing is small and a shift by a pixel is not.
        RgbImage picture = TestImages.Gradient(width, height);
        var canvas = new EditCanvas(new(width, height), new(canvasWidth, canvasHeight));

        RgbImage restored = canvas.Restore(canvas.Place(picture));

        Assert.Equal((width, height), (restored.Width, restored.Height));
        Assert.InRange(TestImages.MaxDifference(picture, restored), 0, 2);
    }

    [Fact]
    public void Restore_Pad_LetsNothingOfThePaddingIn()
    {
        var canvas = new EditCanvas(new(160, 90), new(128, 128));
        byte[] pixels = [.. TestImages.Plain(128, 128, 255, 0, 0).Pixels]; // red padding
        pixels.AsSpan(28 * 128 * 3, 72 * 128 * 3).Fill(40); // around a grey picture

        RgbImage restored = canvas.Restore(new RgbImage(128, 128, pixels));

        Assert.Equal(TestImages.Plain(160, 90, 40, 40, 40).Pixels, restored.Pixels);
    }

    [Theory]
    [InlineData(CanvasPlacement.Pad, 160, 90)]
    [InlineData(CanvasPlacement.Crop, 160, 90)]
    [InlineData(CanvasPlacement.Pad, 90, 160)]
    [InlineData(CanvasPlacement.Crop, 90, 160)]
    public void Map_PointsOfThePicture_AreWhereThePictureShowsThem(CanvasPlacement placement, int width, int height)
    {
        // A white square of 12 on black, centred at (70, 50): its centre of mass on the canvas is where the map says.
        var pixels = new byte[width * height * 3];
        for (int y = 44; y < 56; y++)
        {
            pixels.AsSpan(((y * width) + 64) * 3, 12 * 3).Fill(255);
        }
        var canvas = new EditCanvas(new(width, height), new(128, 128), placement);

        RgbImage placed = canvas.Place(new RgbImage(width, height, pixels));

        (double expectedX, double expectedY) = canvas.Map.ToCanvas(70, 50);
        (double x, double y) found = CentreOfMass(placed, expectedX, expectedY);
        Assert.Equal(expectedX, found.x, 0.1);
        Assert.Equal(expectedY, found.y, 0.1);
        (double backX, double backY) = canvas.Map.ToSource(expectedX, expectedY);
        Assert.Equal(70, backX, 1e-9);
        Assert.Equal(50, backY, 1e-9);
    }

    [Fact]
    public void Place_AnotherSize_IsRefused()
    {
        var canvas = new EditCanvas(new(160, 90), new(128, 128));

        Assert.Throws<ArgumentException>("source", () => canvas.Place(TestImages.Photo(90, 160)));
        Assert.Throws<ArgumentException>("canvas", () => canvas.Restore(TestImages.Photo(160, 90)));
        Assert.Throws<ArgumentException>("size", () => new EditCanvas(new(1, 1), new(0, 64)));
        Assert.Throws<ArgumentException>("source", () => new EditCanvas(new(1, 0), new(64, 64)));
    }

    /// <summary>Walks instead of computing: a step outside turns round.</summary>
    private static int Reflect(int position, int length)
    {
        while (length > 1 && (position < 0 || position >= length))
        {
            position = position < 0 ? -position : (2 * (length - 1)) - position;
        }
        return length == 1 ? 0 : position;
    }

    private static (byte R, byte G, byte B) PixelOf(RgbImage image, int x, int y)
    {
        ReadOnlySpan<byte> pixel = image.Pixels.Slice(((y * image.Width) + x) * 3, 3);
        return (pixel[0], pixel[1], pixel[2]);
    }

    /// <summary>Of the part within 14 pixels: the padding shows the square once more.</summary>
    private static (double X, double Y) CentreOfMass(RgbImage image, double nearX, double nearY)
    {
        const double Reach = 14;
        double mass = 0;
        double sumX = 0;
        double sumY = 0;
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                bool isNear = Math.Abs(x + 0.5 - nearX) < Reach && Math.Abs(y + 0.5 - nearY) < Reach;
                double value = isNear ? PixelOf(image, x, y).R : 0;
                mass += value;
                sumX += value * (x + 0.5);
                sumY += value * (y + 0.5);
            }
        }
        return (sumX / mass, sumY / mass);
    }
}
