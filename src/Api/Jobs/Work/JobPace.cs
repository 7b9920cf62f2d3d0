namespace InstructDiffusion.Api.Jobs.Work;

/// <summary>How fast jobs have been done lately, to tell their owners when to come back. Thread-safe.</summary>
internal sealed class JobPace
{
    // Weight of the newest run.
    private const double Newest = 0.3;

    private readonly Lock _lock = new();
    private double? _secondsPerCost;
    private double _sideBySide = 1;

    /// <summary>A run is done.</summary>
    /// <param name="cost">What it took of the engine, above 0.</param>
    /// <param name="took">From its start to its end.</param>
    /// <param name="sideBySide">Runs that went on at the time, itself included.</param>
    public void Ran(double cost, TimeSpan took, int sideBySide)
    {
        lock (_lock)
        {
            double seconds = took.TotalSeconds / cost;
            _secondsPerCost = _secondsPerCost is { } known ? known + Newest * (seconds - known) : seconds;
            _sideBySide += Newest * (sideBySide - _sideBySide);
        }
    }

    /// <summary>How long until a job is done that waits behind others; null before anything was measured.</summary>
    public TimeSpan? TimeFor(double costAhead, double cost)
    {
        lock (_lock)
        {
            return _secondsPerCost is { } seconds
                ? TimeSpan.FromSeconds(seconds * ((costAhead / _sideBySide) + cost))
                : null;
        }
    }
}
