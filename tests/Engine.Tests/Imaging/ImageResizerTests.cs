using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class ImageResizerTests
{
    private static readonly string Fixtures = RepositoryRoot.Of("tests", "Fixtures", "public");

    /// <summary>The manifest allows one level; the arithmetic is Pillow's own, so none is used.</summary>
    private const int Tolerance = 0;

    [Theory]
    [InlineData("images/in0", "64", 64, 64)]
    [InlineData("images/in1", "128", 128, 128)]
    [InlineData("images/in2", "128", 128, 64)]
    public void Fit_ReferencePictures_EqualPillow(string stem, string resolution, int width, int height)
    {
        string fit = $"{stem}_fit{resolution}";
        RgbImage source = Read($"{stem}.png");
        RgbImage fitted = ImageResizer.Fit(source, new ImageSize(width, height), ResizeFilter.Lanczos3);

        Same($"{fit}.png", fitted);
        Same(
            $"{fit}_back.png",
            ImageResizer.Fit(Read($"{fit}.png"), new ImageSize(source.Width, source.Height), ResizeFilter.Lanczos3)
        );
        var eights = new ImageSize(source.Width / 8 * 8, source.Height / 8 * 8);
        Same($"{stem}_mult8.png", ImageResizer.Resize(source, eights, ResizeFilter.Lanczos3));
        var small = new ImageSize(40, 32);
        Same($"{stem}_bicubic40x32.png", ImageResizer.Resize(source, small, ResizeFilter.Bicubic));
        Same($"{stem}_bilinear40x32.png", ImageResizer.Resize(source, small, ResizeFilter.Bilinear));
    }

    [Theory]
    [InlineData(ResizeFilter.Bilinear)]
    [InlineData(ResizeFilter.Bicubic)]
    [InlineData(ResizeFilter.Lanczos3)]
    public void Resize_OneColour_StaysThatColour(ResizeFilter filter)
    {
        RgbImage plain = TestImages.Plain(37, 23, 3, 128, 255);

        foreach ((int width, int height) in ((int, int)[])[(1, 1), (5, 90), (200, 7), (37, 50), (50, 23), (333, 222)])
        {
            RgbImage resized = ImageResizer.Resize(plain, new ImageSize(width, height), filter);
            Assert.Equal(TestImages.Plain(width, height, 3, 128, 255).Pixels, resized.Pixels);
        }
    }

    [Fact]
    public void Resize_SameSize_IsTheSamePicture()
    {
        RgbImage photo = TestImages.Photo(33, 21);

        Assert.Equal(photo.Pixels, ImageResizer.Resize(photo, new ImageSize(33, 21), ResizeFilter.Lanczos3).Pixels);
    }

    [Fact]
    public void Resize_AnyWidth_EqualsPlainArithmetic()
    {
        // Widths below, at and above every vector length.
        RgbImage photo = TestImages.Photo(61, 45);
        foreach (int width in (int[])[1, 2, 5, 10, 11, 16, 21, 22, 32, 43, 61, 75])
        {
            var size = new ImageSize(width, 19);

            RgbImage resized = ImageResizer.Resize(photo, size, ResizeFilter.Bicubic);

            Assert.Equal(ResizeSlowly(photo, size, ResizeFilter.Bicubic), resized.Pixels);
        }
    }

    [Fact]
    public void FitBox_WiderAndTallerTargets_CentreTheCrop()
    {
        Assert.Equal(new ResizeBox(0, 0, 300, 200), ImageResizer.FitBox(new(300, 200), new(600, 400)));
        Assert.Equal(new ResizeBox(50, 0, 250, 200), ImageResizer.FitBox(new(300, 200), new(64, 64)));
        Assert.Equal(new ResizeBox(0, 25, 300, 175), ImageResizer.FitBox(new(300, 200), new(128, 64)));
    }

    [Fact]
    public void Resize_ImpossibleArguments_AreNamed()
    {
        RgbImage photo = TestImages.Photo(10, 10);

        Assert.Throws<ArgumentException>("size", () => ImageResizer.Resize(photo, new(0, 5), ResizeFilter.Bicubic));
        Assert.Throws<ArgumentException>("size", () => ImageResizer.Fit(photo, new(5, -1), ResizeFilter.Bicubic));
        foreach (
            ResizeBox box in (ResizeBox[])[new(-1, 0, 5, 5), new(0, 0, 11, 5), new(5, 0, 5, 5), new(0, float.NaN, 5, 5)]
        )
        {
            Assert.Throws<ArgumentException>(
                "box",
                () => ImageResizer.Resize(photo, new(5, 5), ResizeFilter.Bicubic, box)
            );
        }
    }

    private static RgbImage Read(string file) =>
        ImageCodec.Decode(File.ReadAllBytes(Path.Combine(Fixtures, file)), ImageDecodeLimits.Default).Image;

    private static void Same(string expectedFile, RgbImage actual) =>
        Assert.InRange(TestImages.MaxDifference(Read(expectedFile), actual), 0, Tolerance);

    /// <summary>The same kernel applied one number at a time.</summary>
    private static byte[] ResizeSlowly(RgbImage image, ImageSize size, ResizeFilter filter)
    {
        var across = new ResizeKernel(filter, image.Width, 0, image.Width, size.Width);
        var down = new ResizeKernel(filter, image.Height, 0, image.Height, size.Height);
        var middle = new byte[size.Width * image.Height * 3];
        for (int i = 0; i < middle.Length; i++)
        {
            int row = i / 3 / size.Width;
            middle[i] = Mix(across, i / 3 % size.Width, x => image.Pixels[(((row * image.Width) + x) * 3) + (i % 3)]);
        }
        var result = new byte[size.Width * size.Height * 3];
        int stride = size.Width * 3;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Mix(down, i / stride, y => middle[(y * stride) + (i % stride)]);
        }
        return result;
    }

    private static byte Mix(ResizeKernel kernel, int output, Func<int, int> input)
    {
        ReadOnlySpan<int> weights = kernel.At(output, out int first);
        long sum = 1 << (ResizeKernel.PrecisionBits - 1);
        for (int i = 0; i < weights.Length; i++)
        {
            sum += (long)weights[i] * input(first + i);
        }
        return (byte)Math.Clamp(sum >> ResizeKernel.PrecisionBits, 0, 255);
    }
}
