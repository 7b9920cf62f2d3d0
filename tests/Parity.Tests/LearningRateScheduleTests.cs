using InstructDiffusion.Training.Optimization;

namespace InstructDiffusion.Parity.Tests;

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
