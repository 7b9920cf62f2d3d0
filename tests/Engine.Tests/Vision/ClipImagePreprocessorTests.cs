using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Vision;

public sealed class ClipImagePreprocessorTests
{
    [Fact]
    public void Preprocess_PlainColour_IsNormalisedByClipsMeanAndDeviation()
    {
        using var scope = NewDisposeScope();

        Tensor pixels = new ClipImagePreprocessor(4).Preprocess(TestImages.Plain(9, 7, 255, 0, 102));

        Assert.Equal([1, 3, 4, 4], pixels.shape);
        Assert.Equal((1 - 0.48145466) / 0.26862954, pixels[0][0].max().item<float>(), 1e-6);
        Assert.Equal((0 - 0.4578275) / 0.26130258, pixels[0][1].min().item<float>(), 1e-6);
        Assert.Equal((0.4 - 0.40821073) / 0.27577711, pixels[0][2].mean().item<float>(), 1e-6);
    }

    [Theory]
    [InlineData(30, 8)]
    [InlineData(8, 30)]
    public void Preprocess_LongPicture_KeepsTheMiddle(int width, int height)
    {
        using var scope = NewDisposeScope();
        // White in the middle 8 by 8, black at both ends; the edge of the resized picture is not resampled.
        var bytes = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
        {
            int along = width > height ? i % width : i / width;
            bytes.AsSpan(3 * i, 3).Fill(along is >= 11 and < 19 ? (byte)255 : (byte)0);
        }

        Tensor pixels = new ClipImagePreprocessor(8).Preprocess(new RgbImage(width, height, bytes));

        Assert.Equal(pixels[0][0].max().item<float>(), pixels[0][0].min().item<float>());
        Assert.Equal((1 - 0.48145466) / 0.26862954, pixels[0][0].max().item<float>(), 1e-6);
    }

    [Fact]
    public void Preprocess_Several_AreOneBatchInOrder()
    {
        using var scope = NewDisposeScope();
        var preprocessor = new ClipImagePreprocessor(16);
        RgbImage one = TestImages.Photo(40, 20, seed: 1);
        RgbImage other = TestImages.Photo(17, 33, seed: 2);

        Tensor batch = preprocessor.Preprocess(one, other);

        Assert.Equal([2, 3, 16, 16], batch.shape);
        Assert.Equal(preprocessor.Preprocess(one)[0].data<float>().ToArray(), batch[0].data<float>().ToArray());
        Assert.Equal(preprocessor.Preprocess(other)[0].data<float>().ToArray(), batch[1].data<float>().ToArray());
        LeakAssert.Leaves(1, () => preprocessor.Preprocess(one, other));
    }

    [Fact]
    public void Preprocess_BadInput_IsNamed()
    {
        var preprocessor = new ClipImagePreprocessor(8);

        var thin = Assert.Throws<ArgumentException>(() => preprocessor.Preprocess(TestImages.Plain(1, 65, 1, 2, 3)));
        Assert.Throws<ArgumentException>(() => preprocessor.Preprocess([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClipImagePreprocessor(0));
        Assert.Contains("1x65 is more than 64 times as long as wide", thin.Message, StringComparison.Ordinal);
    }
}
