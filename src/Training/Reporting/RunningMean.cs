namespace InstructDiffusion.Training.Reporting;

/// <summary>The mean of a series' last values, older ones fading; until so many have come, of all of them. NaN and infinities are passed over.</summary>
/// <param name="window">About how many values count.</param>
internal sealed class RunningMean(int window)
{
    private int _count;

    /// <summary>NaN before the first value.</summary>
    public double Mean { get; private set; } = double.NaN;

    public void Add(double value)
    {
        if (!double.IsFinite(value))
        {
            return;
        }
        _count = Math.Min(_count + 1, window);
        Mean = _count == 1 ? value : Mean + ((value - Mean) / _count);
    }
}
