using InstructDiffusion.Api.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs;

public sealed class JobClockTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch.AddYears(56);

    private readonly FakeTimeProvider _time = new(Start);

    [Fact]
    public void Now_TimePasses_PassesWithIt()
    {
        var clock = new JobClock(_time);

        _time.Advance(TimeSpan.FromHours(3));

        Assert.Equal(Start.AddHours(3), clock.Now);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Now_ClockIsSet_GoesOnAsIfItWereNot(int hours)
    {
        var time = new TwoClocks(Start);
        var clock = new JobClock(time);

        time.Wall += TimeSpan.FromHours(hours);
        DateTimeOffset atOnce = clock.Now;
        time.Wall += TimeSpan.FromSeconds(10);
        time.Stopwatch += TimeSpan.FromSeconds(10);

        Assert.Equal(Start, atOnce);
        Assert.Equal(Start.AddSeconds(10), clock.Now);
    }

    [Fact]
    public void Now_ClockIsCorrectedSlowly_FollowsItAndNeverGoesBack()
    {
        var clock = new JobClock(_time);
        DateTimeOffset last = clock.Now;
        for (int i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _time.AdjustTime(_time.GetUtcNow().AddMilliseconds(i % 2 == 0 ? 500 : -1_400));
            Assert.True(clock.Now >= last);
            last = clock.Now;
        }

        // Forward by 50 times half a second; a second back is a standstill.
        Assert.InRange((last - Start).TotalSeconds, 70, 76);
    }

    // FakeTimeProvider's stopwatch goes with its clock when that is set forward; a machine's does not.
    private sealed class TwoClocks(DateTimeOffset start) : TimeProvider
    {
        public DateTimeOffset Wall { get; set; } = start;

        public TimeSpan Stopwatch { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => Stopwatch.Ticks;
    }
}
