namespace InstructDiffusion.Api.Jobs;

/// <summary>
/// The time of day as leases need it. It follows the machine's clock, slow corrections included, but not its leaps: setting the
/// clock neither ends a lease nor lengthens one. Goes back only where it is set by <see cref="Align"/>. Thread-safe.
/// </summary>
internal sealed class JobClock(TimeProvider time)
{
    // A clock that is corrected gains or loses far less between two looks; one that is set, more.
    private static readonly TimeSpan Leap = TimeSpan.FromSeconds(5);

    // What two looks at one clock can differ by on a busy machine; far less than any lease.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(500);

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

    /// <summary>
    /// Servers that share a store share its clock: leases that one of them writes, the others read. Where this clock goes
    /// wrong by more than could be an error of measurement, it is set.
    /// </summary>
    /// <param name="shared">The shared clock, read between two looks at this one.</param>
    /// <param name="before">The look before.</param>
    public void Align(DateTimeOffset shared, DateTimeOffset before)
    {
        lock (_lock)
        {
            DateTimeOffset after = Now;
            TimeSpan trip = after - before;
            TimeSpan error = shared - (before + (trip / 2));
            if (error.Duration() > Tolerance + (trip / 2))
            {
                _now += error;
            }
        }
    }
}
