using InstructDiffusion.Training.Optimization;

namespace InstructDiffusion.Training.Tests.Optimization;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void MultiplierAt_TwoCycles_StartsAgainAfterTheFirstAndHoldsTheLastEnd()
    {
        var schedule = new LearningRateSchedule(
            new LearningRateCycle
            {
                Length = 10,
                Max = 1,
                Min = 0.5,
            },
            new LearningRateCycle
            {
                Length = 4,
                WarmUpSteps = 2,
                Start = 0,
                Max = 0.4,
                Min = 0.2,
            }
        );

        Assert.Equal(0.75, schedule.MultiplierAt(5), 1e-15);
        Assert.Equal(0.5, schedule.MultiplierAt(10), 1e-15);
        Assert.Equal(0.2, schedule.MultiplierAt(11), 1e-15);
        Assert.Equal(0.3, schedule.MultiplierAt(12), 1e-15);
        Assert.Equal(0.2, schedule.MultiplierAt(14), 1e-15);
        Assert.Equal(0.2, schedule.MultiplierAt(1_000_000), 1e-15);
    }

    [Fact]
    public void MultiplierAt_Hold_StaysAtThePeakUntilTheLastSteps()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Hold(
            steps: 100,
            warmUpSteps: 10,
            decaySteps: 20,
            end: 0.1
        );

        Assert.Equal(0.5, schedule.MultiplierAt(5), 12);
        Assert.All(Enumerable.Range(10, 71), step => Assert.Equal(1, schedule.MultiplierAt(step), 12));
        Assert.Equal(0.1 + 0.9 * 0.5, schedule.MultiplierAt(90), 12);
        Assert.Equal(0.1, schedule.MultiplierAt(100), 12);
        Assert.Equal(0.1, schedule.MultiplierAt(1000), 12);
    }

    [Fact]
    public void MultiplierAt_Cosine_WarmsUpThenFallsAlongHalfACosine()
    {
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(steps: 110, warmUpSteps: 10, end: 0.1);

        Assert.Equal(0, schedule.MultiplierAt(0));
        Assert.Equal(0.5, schedule.MultiplierAt(5), 1e-15);
        Assert.Equal(1, schedule.MultiplierAt(10), 1e-15);
        Assert.Equal(0.1 + (0.9 * 0.5 * (1 + Math.Sqrt(0.5))), schedule.MultiplierAt(35), 1e-15);
        Assert.Equal(0.55, schedule.MultiplierAt(60), 1e-15);
        Assert.Equal(0.1, schedule.MultiplierAt(110), 1e-15);
        Assert.Equal(0.1, schedule.MultiplierAt(1_000_000), 1e-15);
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(10, 10)]
    [InlineData(1, 1)]
    public void MultiplierAt_CosineOfAnyWarmUp_StaysBetweenZeroAndOneAndEndsAtTheEnd(long steps, long warmUpSteps)
    {
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(steps, warmUpSteps, end: 0.25);

        for (long step = 0; step <= steps; step++)
        {
            Assert.InRange(schedule.MultiplierAt(step), 0, 1);
        }
        Assert.Equal(0.25, schedule.MultiplierAt(steps), 1e-15);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public void MultiplierAt_Constant_IsOne(long step) =>
        Assert.Equal(1, LearningRateSchedule.Constant.MultiplierAt(step));

    [Fact]
    public void Constructor_BadCycle_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new LearningRateSchedule([]));
        Assert.Throws<ArgumentException>(() => new LearningRateSchedule(new LearningRateCycle { Length = 0 }));
        Assert.Throws<ArgumentException>(() =>
            new LearningRateSchedule(new LearningRateCycle { Length = 5, WarmUpSteps = 6 })
        );
        Assert.Throws<ArgumentException>(() =>
            new LearningRateSchedule(new LearningRateCycle { Length = 5, Max = double.NaN })
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant.MultiplierAt(-1));
    }
}
