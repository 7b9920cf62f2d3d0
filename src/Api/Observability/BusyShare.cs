namespace InstructDiffusion.Api.Observability;

/// <summary>How large a share of the last minute somebody worked, from a sum of working time that is looked at now and then. Thread-safe.</summary>
internal sealed class BusyShare(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Queue<(long At, TimeSpan Busy)> _looks = new([(time.GetTimestamp(), TimeSpan.Zero)]);

    /// <summary>The share between the last look that is a minute old (or the first there was) and now, 0 to 1.</summary>
    /// <param name="busy">Time worked since the beginning.</param>
    public double Of(TimeSpan busy)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            _looks.Enqueue((now, busy));
            while (_looks.Count > 2 && time.GetElapsedTime(_looks.ElementAt(1).At, now) >= Window)
            {
                _looks.Dequeue();
            }
            (long then, TimeSpan before) = _looks.Peek();
            TimeSpan elapsed = time.GetElapsedTime(then, now);
            return elapsed > TimeSpan.Zero ? Math.Clamp((busy - before) / elapsed, 0, 1) : 0;
        }
    }
}
