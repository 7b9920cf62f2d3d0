namespace InstructDiffusion.Training.Reporting;

/// <summary>Progress of long work that is counted: pairs built, latents cached, candidates made. Thread-safe.</summary>
public sealed class WorkProgress
{
    private readonly Lock _counting = new();
    private readonly ProgressLine _line;
    private readonly string _name;
    private readonly string _unit;
    private readonly long _total;
    private readonly TimeProvider _time;
    private readonly RateWindow _window;
    private readonly long _start;
    private long _done;

    /// <summary>Begins.</summary>
    /// <param name="line">Where it is shown.</param>
    /// <param name="name">The work, e.g. <c>latents</c>.</param>
    /// <param name="unit">What is counted, in the plural, e.g. <c>pictures</c>.</param>
    /// <param name="total">The whole amount.</param>
    /// <param name="time">Measures the rate.</param>
    /// <param name="done">What was done before.</param>
    public WorkProgress(ProgressLine line, string name, string unit, long total, TimeProvider time, long done = 0)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(time);
        _line = line;
        _name = name;
        _unit = unit;
        _total = total;
        _time = time;
        _done = done;
        _window = new RateWindow(time, done);
        _start = time.GetTimestamp();
    }

    /// <summary>Notes the amount done so far.</summary>
    public void Report(long done)
    {
        lock (_counting)
        {
            _done = done;
            _window.Report(done);
            _line.Show(
                $"{_name}: {done} of {_total} {_unit} ({ProgressText.Percent(done, _total)}), "
                    + $"{ProgressText.Rate(_window.Rate)}/s, {_window.LeftOf(_total)}"
            );
        }
    }

    /// <summary>Notes so much more.</summary>
    public void Advance(long by = 1)
    {
        lock (_counting)
        {
            Report(_done + by);
        }
    }

    /// <summary>The work is done.</summary>
    public void Complete() =>
        _line.Finish($"{_name}: {_done} {_unit} in {Duration.Text(_time.GetElapsedTime(_start).TotalSeconds)}");
}
