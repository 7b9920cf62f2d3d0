using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Inpainting;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Tests.Construction.Inpainting;

public sealed class DiffusionFillTests
{
    private const int Side = 33;

    private static readonly RegionMask _middle = new(
        Side,
        Side,
        [.. Enumerable.Range(0, Side * Side).Select(i => i % Side is > 9 and < 22 && i / Side is > 9 and < 22)]
    );

    [Fact]
    public void Fill_OneColourAround_IsThatColour()
    {
        RgbImage plain = TestImages.Plain(Side, Side, 90, 140, 30);
        RgbImage spoilt = Spoil(plain);

        Assert.Equal(plain.Content, DiffusionFill.Fill(spoilt, _middle).Content);
    }

    [Fact]
    public void Fill_RampAround_GoesOnAsTheRamp()
    {
        RgbImage ramp = TestImages.Gradient(Side, Side);

        RgbImage filled = DiffusionFill.Fill(Spoil(ramp), _middle);

        Assert.InRange(TestImages.MaxDifference(ramp, filled), 0, 8);
    }

    [Fact]
    public void Fill_Outside_IsNotTouched()
    {
        RgbImage photo = TestImages.Photo(Side, Side);
        RgbImage filled = DiffusionFill.Fill(photo, _middle);

        for (int i = 0; i < _middle.Pixels.Length; i++)
        {
            if (!_middle.Pixels[i])
            {
                Assert.Equal(photo.Pixels.Slice(3 * i, 3).ToArray(), filled.Pixels.Slice(3 * i, 3).ToArray());
            }
        }
    }

    [Fact]
    public void Fill_WholePicture_IsRejected() =>
        Assert.Throws<RejectedItemException>(() =>
            DiffusionFill.Fill(TestImages.Photo(4, 4), new RegionMask(4, 4, [.. Enumerable.Repeat(true, 16)]))
        );

    private static RgbImage Spoil(RgbImage image)
    {
        byte[] pixels = image.Pixels.ToArray();
        for (int i = 0; i < _middle.Pixels.Length; i++)
        {
            if (_middle.Pixels[i])
            {
                pixels.AsSpan(3 * i, 3).Fill(255);
            }
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }
}
