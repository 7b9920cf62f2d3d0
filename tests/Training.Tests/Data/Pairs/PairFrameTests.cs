using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Pairs;

/// <summary>Framing of pairs (specification 4.6: short side to 256 by Lanczos, the other int(256·aspect), random crop).</summary>
public sealed class PairFrameTests
{
    [Theory]
    [InlineData(100, 70, 45, 32)] // 32·100/70 = 45.71
    [InlineData(70, 100, 32, 45)]
    [InlineData(64, 64, 32, 32)]
    public void Apply_ShortSide_CutsASquareFromThePictureResizedByItsShorterSide(
        int width,
        int height,
        int resizedWidth,
        int resizedHeight
    )
    {
        RgbImage picture = TestImages.Photo(width, height);
        RgbImage resized = ImageResizer.Resize(
            picture,
            new ImageSize(resizedWidth, resizedHeight),
            ResizeFilter.Lanczos3
        );
        var frame = new PairFrame(PairFraming.ShortSide, 32, isRandom: true);
        var offsets = new HashSet<(int, int)>();

        for (int i = 0; i < 60; i++)
        {
            CounterRandom random = DatasetWorkshop.Augmentation(i);
            (RgbImage source, RgbImage target) = frame.Apply(picture, picture, ref random);

            Assert.Equal(source.Pixels, target.Pixels);
            offsets.Add(OffsetIn(resized, source));
        }

        Assert.Equal((resizedWidth - 32 + 1) * (resizedHeight - 32 + 1), offsets.Count);
    }

    [Fact]
    public void Apply_Native_DoesNotResize()
    {
        RgbImage picture = TestImages.Photo(80, 50);
        CounterRandom random = DatasetWorkshop.Augmentation(1);

        (RgbImage source, _) = new PairFrame(PairFraming.Native, 32, isRandom: true).Apply(
            picture,
            picture,
            ref random
        );

        (int left, int top) = OffsetIn(picture, source);
        Assert.InRange(left, 0, 48);
        Assert.InRange(top, 0, 18);
    }

    [Fact]
    public void Apply_NotRandom_TakesTheMiddle()
    {
        RgbImage picture = TestImages.Photo(80, 50);
        CounterRandom random = DatasetWorkshop.Augmentation(1);

        (RgbImage source, _) = new PairFrame(PairFraming.Native, 32, isRandom: false).Apply(
            picture,
            picture,
            ref random
        );

        Assert.Equal((24, 9), OffsetIn(picture, source));
    }

    [Theory]
    [InlineData(PairFraming.ShortSide, 64, 64, 64, 65, "they must be alike")]
    [InlineData(PairFraming.Native, 64, 31, 64, 31, "smaller than 32x32")]
    [InlineData(PairFraming.ShortSide, 2100, 100, 2100, 100, "longer than 20 times")]
    public void Apply_PairThatCannotBeFramed_IsABrokenSample(
        PairFraming framing,
        int width,
        int height,
        int otherWidth,
        int otherHeight,
        string message
    )
    {
        var thrown = Assert.Throws<BrokenSampleException>(() =>
        {
            CounterRandom random = DatasetWorkshop.Augmentation(1);
            new PairFrame(framing, 32, isRandom: true).Apply(
                TestImages.Photo(width, height),
                TestImages.Photo(otherWidth, otherHeight),
                ref random
            );
        });

        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    private static (int Left, int Top) OffsetIn(RgbImage whole, RgbImage part)
    {
        for (int top = 0; top <= whole.Height - part.Height; top++)
        {
            for (int left = 0; left <= whole.Width - part.Width; left++)
            {
                bool isThere = true;
                for (int y = 0; isThere && y < part.Height; y++)
                {
                    ReadOnlySpan<byte> row = whole.Pixels.Slice(((top + y) * whole.Width + left) * 3, part.Width * 3);
                    isThere = row.SequenceEqual(part.Pixels.Slice(y * part.Width * 3, part.Width * 3));
                }
                if (isThere)
                {
                    return (left, top);
                }
            }
        }
        throw new InvalidOperationException("the part is not of this picture");
    }
}
