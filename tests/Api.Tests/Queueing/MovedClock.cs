namespace InstructDiffusion.Api.Tests.Queueing;

/// <summary>
/// A clock that a test moves on while the server's timers run on real time: the engine's work takes as long as the test says,
/// and nothing else waits for it.
/// </summary>
internal sealed class MovedClock : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public void Advance(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
}
