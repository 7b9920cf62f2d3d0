using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed class BootstrapTests
{
    private readonly Bootstrap _bootstrap = new(seed: 4);

    [Fact]
    public void Of_Mean_HasTheIntervalOfTheNormalDistribution()
    {
        const int Count = 400;
        var random = new CounterRandom(1, RandomPurpose.Noise, 0);
        float[] values = new float[Count];
        random.FillNormal(values);
        double mean = values.Average(value => (double)value);
        double error = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) / Count);

        Estimate estimate = _bootstrap.Of([.. values.Select(value => Measurement.Of(value))])!;

        Assert.Equal(mean, estimate.Value, 1e-9);
        Assert.Equal(mean - 1.96 * error, estimate.Low, 0.15 * error);
        Assert.Equal(mean + 1.96 * error, estimate.High, 0.15 * error);
    }

    [Fact]
    public void Of_Areas_IsTheRatioOfTheirSums()
    {
        Estimate estimate = _bootstrap.Of([new(100, 4), new(0, 0), new(300, 4)])!;

        Assert.Equal(50, estimate.Value, 1e-12);
        Assert.Equal((25, 75), (estimate.Low, estimate.High)); // three pictures: one of the two alone is not rare
    }

    [Fact]
    public void Of_EqualPictures_HasNoWidth() =>
        Assert.Equal(new Estimate(3, 3, 3), _bootstrap.Of([.. Enumerable.Repeat(Measurement.Of(3), 9)]));

    [Fact]
    public void Of_PicturesThatSayNothing_IsNull() => Assert.Null(_bootstrap.Of([Measurement.None, Measurement.None]));

    [Fact]
    public void Difference_IsOfTheSamePictures()
    {
        Measurement[] pictures = [.. Enumerable.Range(0, 30).Select(i => Measurement.Of(i * i))];
        Measurement[] others = [.. pictures.Select(picture => Measurement.Of(picture.Numerator - 2))];

        Estimate difference = _bootstrap.Difference(pictures, others)!;

        Assert.Equal(2, difference.Value, 1e-9);
        Assert.Equal(2, difference.Low, 1e-9);
        Assert.Equal(2, difference.High, 1e-9);
    }

    [Fact]
    public void Difference_OfOtherPictures_IsRefused() =>
        Assert.Throws<ArgumentException>(() => _bootstrap.Difference([Measurement.Of(1)], []));

    [Fact]
    public void Of_TheSameSeed_IsTheSame()
    {
        Measurement[] pictures = [.. Enumerable.Range(0, 30).Select(i => Measurement.Of(i * i % 7))];

        Assert.Equal(_bootstrap.Of(pictures), new Bootstrap(seed: 4).Of(pictures));
        Assert.NotEqual(_bootstrap.Of(pictures), new Bootstrap(seed: 5).Of(pictures));
    }
}
