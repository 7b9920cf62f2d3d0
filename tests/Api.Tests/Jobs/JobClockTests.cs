using InstructDiffusion.Api.Jobs;

namespace InstructDiffusion.Api.Tests.Jobs;

public sealed class JobClockTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddYears(56);

    private readonly Machine _machine = new();

    [Fact]
    public void Now_TimePasses_PassesWithIt()
    {
        var clock = new JobClock(_machine);

        _machine.Pass(TimeSpan.FromHours(3), corrected: TimeSpan.Zero);

        Assert.Equal(Start.AddHours(3), clock.Now);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Now_ClockIsSet_GoesOnAsIfItWereNot(int hours)
    {
        var clock = new JobClock(_machine);

        _machine.Pass(TimeSpan.Zero, corrected: TimeSpan.FromHours(hours));
        DateTimeOffset atOnce = clock.Now;
        _machine.Pass(TimeSpan.FromSeconds(10), corrected: TimeSpan.Zero);

        Assert.Equal(Start, atOnce);
        Assert.Equal(Start.AddSeconds(10), clock.Now);
    }

    [Theory]
    [InlineData(100, 110)]
    [InlineData(-100, 90)]
    public void Now_ClockIsCorrectedSlowly_FollowsIt(int millisecondsASecond, int seconds)
    {
        var clock = new JobClock(_machine);
        for (int i = 0; i < 100; i++)
        {
            _machine.Pass(TimeSpan.FromSeconds(1), corrected: TimeSpan.FromMilliseconds(millisecondsASecond));
            _ = clock.Now;
        }

        Assert.Equal(Start.AddSeconds(seconds), clock.Now);
    }

    [Fact]
    public void Now_ClockGoesBackALittle_StandsStill()
    {
        var clock = new JobClock(_machine);

        _machine.Pass(TimeSpan.FromSeconds(1), corrected: TimeSpan.FromSeconds(-2));

        Assert.Equal(Start, clock.Now);
    }

    [Theory]
    [InlineData(90)]
    [InlineData(-90)]
    public void Align_SharedClockDiffers_GoesOnFromThere(int seconds)
    {
        var clock = new JobClock(_machine);
        DateTimeOffset before = clock.Now;
        _machine.Pass(TimeSpan.FromSeconds(2), corrected: TimeSpan.Zero);

        // Read when one of the two seconds was over, as far as anyone can tell.
        clock.Align(Start.AddSeconds(1 + seconds), before);
        DateTimeOffset aligned = clock.Now;
        _machine.Pass(TimeSpan.FromSeconds(10), corrected: TimeSpan.Zero);

        Assert.Equal(Start.AddSeconds(2 + seconds), aligned);
        Assert.Equal(Start.AddSeconds(12 + seconds), clock.Now);
    }

    [Theory]
    [InlineData(0, 0.4)]
    [InlineData(0, -0.4)]
    [InlineData(10, 5.2)]
    [InlineData(10, -5.2)]
    public void Align_DiffersByNoMoreThanTheMeasurementMay_ChangesNothing(double trip, double seconds)
    {
        var clock = new JobClock(_machine);
        DateTimeOffset before = clock.Now;
        _machine.Pass(TimeSpan.FromSeconds(trip), corrected: TimeSpan.Zero);

        clock.Align(Start.AddSeconds((trip / 2) + seconds), before);

        Assert.Equal(Start.AddSeconds(trip), clock.Now);
    }

    /// <summary>A machine whose clock can be set, while its stopwatch cannot.</summary>
    private sealed class Machine : TimeProvider
    {
        private DateTimeOffset _clock = Start;
        private TimeSpan _stopwatch;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => _clock;

        public override long GetTimestamp() => _stopwatch.Ticks;

        public void Pass(TimeSpan time, TimeSpan corrected)
        {
            _stopwatch += time;
            _clock += time + corrected;
        }
    }
}
