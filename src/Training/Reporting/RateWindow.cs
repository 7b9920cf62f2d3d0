namespace InstructDiffusion.Training.Reporting;

/// <summary>How fast work goes on, over the last minute: what was slower or faster long ago does not count.</summary>
internal sealed class RateWindow
{
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time;
    private readonly LinkedList<(long Time, long Done)> _marks = [];
    private long _done;

    /// <param name="time">Measures it.</param>
    /// <param name="done">What was done before; it took no time of ours.</param>
    public RateWindow(TimeProvider time, long done)
    {
        _time = time;
        _done = done;
        _marks.AddLast((time.GetTimestamp(), done));
    }

    /// <summary>Units a second; 0 before there is anything to tell from.</summary>
    public double Rate
    {
        get
        {
            (long since, long before) = _marks.First!.Value;
            double seconds = _time.GetElapsedTime(since).TotalSeconds;
            return seconds > 0 ? Math.Max(_done - before, 0) / seconds : 0;
        }
    }

    /// <summary>This much is done now.</summary>
    public void Report(long done)
    {
        _done = done;
        if (_time.GetElapsedTime(_marks.Last!.Value.Time) < Grain)
        {
            return;
        }
        _marks.AddLast((_time.GetTimestamp(), done));
        while (_marks.Count > 2 && _time.GetElapsedTime(_marks.First!.Next!.Value.Time) > Span)
        {
            _marks.RemoveFirst();
        }
    }

    /// <summary>Words for the time that the rest of <paramref name="total"/> takes: <c>1 h 05 min left</c>.</summary>
    public string LeftOf(long total)
    {
        double rate = Rate;
        return rate > 0 ? $"{Duration.Text((total - _done) / rate)} left" : "time left unknown";
    }
}
