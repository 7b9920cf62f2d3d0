using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class PictureDegraderTests
{
    private const int Side = 64;

    private static readonly NamedColor White = new("white", 255, 255, 255);

    [Theory]
    [InlineData(DegradationKind.ColorNoise)]
    [InlineData(DegradationKind.GrayNoise)]
    public void Noise_HasTheAskedDeviation(DegradationKind kind)
    {
        float[] picture = Flat(128);

        float[] noisy = PictureDegrader.Apply(picture, Side, new Degradation(kind, 30, 1));

        double deviation = Math.Sqrt(noisy.Average(value => (value - 128) * (value - 128)));
        Assert.InRange(deviation, 28.5, 31.5);
        bool isGray = Enumerable.Range(0, Side * Side).All(i => noisy[i * 3] == noisy[i * 3 + 1]);
        Assert.Equal(kind == DegradationKind.GrayNoise, isGray);
    }

    [Fact]
    public void SaltAndPepper_HitsTheAskedPart()
    {
        float[] spoilt = PictureDegrader.Apply(Flat(128), Side, new Degradation(DegradationKind.SaltAndPepper, 0.1, 1));

        Assert.InRange(spoilt.Count(value => value != 128) / 3, 340, 480);
        Assert.Contains(0f, spoilt);
        Assert.Contains(255f, spoilt);
    }

    [Theory]
    [InlineData(DegradationKind.GaussianBlur, 1.5)]
    [InlineData(DegradationKind.MotionBlur, 7)]
    public void Blur_KeepsFlatPicturesAndLowersEdges(DegradationKind kind, double strength)
    {
        var blur = new Degradation(kind, strength, 1);
        float[] edge = Flat(0);
        for (int i = 0; i < edge.Length; i++)
        {
            edge[i] = i / 3 % Side < Side / 2 ? 0 : 255;
        }

        float[] flat = PictureDegrader.Apply(Flat(90), Side, blur);
        float[] blurred = PictureDegrader.Apply(edge, Side, blur);

        Assert.All(flat, value => Assert.Equal(90, value, 0.01));
        float step = blurred[(10 * Side + Side / 2) * 3] - blurred[(10 * Side + Side / 2 - 1) * 3];
        Assert.InRange(step, 10, 130);
    }

    [Theory]
    [InlineData(DegradationKind.Word)]
    [InlineData(DegradationKind.Words)]
    [InlineData(DegradationKind.Stripes)]
    public void Watermarks_CoverAPartHalfTransparently(DegradationKind kind)
    {
        var mark = new Degradation(kind, 0.5, 1, 20, "DEMO", White, 2);

        float[] stamped = PictureDegrader.Apply(Flat(0), Side, mark);

        Assert.InRange(stamped.Max(), 100, 127.6);
        Assert.InRange((double)stamped.Count(value => value > 0) / stamped.Length, 0.02, 0.7);
        Assert.Contains(0f, stamped);
    }

    [Fact]
    public void Lengths_GrowWithThePicture()
    {
        var mark = new Degradation(DegradationKind.Stripes, 0.5, 1, 0, "", White, 4);
        float[] small = PictureDegrader.Apply(Flat(0), Side, mark);
        float[] large = PictureDegrader.Apply(new float[4 * Side * Side * 3], 2 * Side, mark);

        Assert.Equal(small.Average(), large.Average(), 1.0);
    }

    private static float[] Flat(float value) => [.. Enumerable.Repeat(value, Side * Side * 3)];
}
