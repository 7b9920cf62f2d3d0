namespace InstructDiffusion.Engine.Batching;

/// <summary>How fast the engine has been lately, as moving averages, to tell a refused caller when to come back. Thread-safe.</summary>
internal sealed class Pace
{
    // Weight of the newest measurement: a change of load shows after about five steps.
    private const double Newest = 0.2;

    private readonly Lock _lock = new();
    private double? _secondsPerEditStep;
    private double? _secondsAroundSteps;

    /// <summary>One step of this many edits took this long.</summary>
    public void Stepped(TimeSpan elapsed, int edits)
    {
        lock (_lock)
        {
            _secondsPerEditStep = Blend(_secondsPerEditStep, elapsed.TotalSeconds / edits);
        }
    }

    /// <summary>Encoding and decoding one edit took this long in all.</summary>
    public void Converted(TimeSpan elapsed)
    {
        lock (_lock)
        {
            _secondsAroundSteps = Blend(_secondsAroundSteps, elapsed.TotalSeconds);
        }
    }

    /// <summary>How long this much work will take; null before anything was measured.</summary>
    public TimeSpan? TimeFor(int edits, int steps)
    {
        lock (_lock)
        {
            return _secondsPerEditStep is { } step
                ? TimeSpan.FromSeconds(steps * step + edits * (_secondsAroundSteps ?? 0))
                : null;
        }
    }

    private static double Blend(double? average, double value) =>
        average is { } known ? known + Newest * (value - known) : value;
}
