namespace InstructDiffusion.Api.Jobs;

/// <summary>
/// The time of day as leases need it: it starts right and then runs as a stopwatch does, so that setting the machine's clock
/// neither ends a lease nor lengthens one.
/// </summary>
internal sealed class JobClock(TimeProvider time)
{
    private readonly DateTimeOffset _start = time.GetUtcNow();
    private readonly long _startStamp = time.GetTimestamp();

    /// <summary>Now.</summary>
    public DateTimeOffset Now => _start + time.GetElapsedTime(_startStamp);
}
