namespace InstructDiffusion.Api.Jobs;

/// <summary>
/// The time of day as leases need it. It follows the machine's clock, slow corrections included, but not its leaps: setting the
/// clock neither ends a lease nor lengthens one. Never goes back. Thread-safe.
/// </summary>
internal sealed class JobClock(TimeProvider time)
{
    // A clock that is corrected gains or loses far less between two looks; one that is set, more.
    private static readonly TimeSpan Leap = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private DateTimeOffset _now = time.GetUtcNow();
    private DateTimeOffset _clock = time.GetUtcNow();
    private long _stopwatch = time.GetTimestamp();

    /// <summary>Now.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_lock)
            {
                (DateTimeOffset clock, long stopwatch) = (time.GetUtcNow(), time.GetTimestamp());
                TimeSpan elapsed = time.GetElapsedTime(_stopwatch, stopwatch);
                TimeSpan told = clock - _clock;
                TimeSpan step = (told - elapsed).Duration() < Leap ? told : elapsed;
                _now += step > TimeSpan.Zero ? step : TimeSpan.Zero;
                (_clock, _stopwatch) = (clock, stopwatch);
                return _now;
            }
        }
    }
}
