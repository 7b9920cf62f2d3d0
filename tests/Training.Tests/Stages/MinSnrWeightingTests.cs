using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Stages;

namespace InstructDiffusion.Training.Tests.Stages;

public sealed class MinSnrWeightingTests
{
    [Theory]
    [InlineData(PredictionType.Epsilon, 5)]
    [InlineData(PredictionType.Epsilon, 0.5)]
    [InlineData(PredictionType.Velocity, 5)]
    [InlineData(PredictionType.Velocity, 20)]
    [InlineData(PredictionType.Original, 5)]
    public void At_EveryTimestep_IsTheClosedForm(PredictionType prediction, double gamma)
    {
        var schedule = new NoiseSchedule(new NoiseScheduleConfig { PredictionType = prediction });
        var weighting = new MinSnrWeighting(schedule, gamma);

        for (int t = 0; t < schedule.TrainTimesteps; t++)
        {
            double alpha = schedule.Exact.AlphasCumprod[t];
            double snr = alpha / (1 - alpha);
            double divisor = prediction switch
            {
                PredictionType.Epsilon => snr,
                PredictionType.Velocity => snr + 1,
                _ => 1,
            };
            double expected = Math.Min(snr, gamma) / divisor;
            Assert.Equal(expected, weighting.At(t), 1e-12);
        }
    }

    [Fact]
    public void At_EasyTimesteps_CountLessAndNoneMoreThanOnce()
    {
        var weighting = new MinSnrWeighting(new NoiseSchedule(new NoiseScheduleConfig()), 5);

        Assert.True(weighting.At(0) < 0.01, $"{weighting.At(0)}");
        Assert.Equal(1, weighting.At(999));
    }

    [Fact]
    public void WrongArguments_AreRefused()
    {
        var schedule = new NoiseSchedule(new NoiseScheduleConfig());
        var weighting = new MinSnrWeighting(schedule, 5);

        Assert.Throws<ArgumentOutOfRangeException>(() => new MinSnrWeighting(schedule, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MinSnrWeighting(schedule, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => weighting.At(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => weighting.At(1000));
    }
}
