namespace InstructDiffusion.Training.Alignment;

/// <summary>Tells how far the candidates are: a line at most every few seconds, with the time left.</summary>
/// <param name="writer">Where to.</param>
/// <param name="time">The clock.</param>
internal sealed class CandidateProgress(TextWriter writer, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private long _start;
    private long _lastLine;
    private long _steps;
    private long _allSteps;
    private int _items;
    private int _allItems;

    /// <summary>Work begins.</summary>
    /// <param name="finished">Items that are there already.</param>
    /// <param name="items">Items in all.</param>
    /// <param name="steps">Steps of all edits still to be made.</param>
    public void Begin(int finished, int items, long steps)
    {
        (_items, _allItems, _steps, _allSteps) = (finished, items, 0, steps);
        _start = _lastLine = time.GetTimestamp();
        writer.WriteLine($"{items} items, {finished} of them have their candidates");
    }

    /// <summary>So many edits are one step further.</summary>
    public void Stepped(int edits)
    {
        _steps += edits;
        if (time.GetElapsedTime(_lastLine) >= Interval)
        {
            _lastLine = time.GetTimestamp();
            double seconds = time.GetElapsedTime(_start).TotalSeconds;
            var left = TimeSpan.FromSeconds(Math.Ceiling(Math.Max(_allSteps - _steps, 0) * seconds / _steps));
            writer.WriteLine(
                $"{_items} of {_allItems} items, {_steps / seconds:0.0} steps/s, {left:d\\.hh\\:mm\\:ss} left"
            );
        }
    }

    /// <summary>One item more is there.</summary>
    public void Finished(int items) => _items = items;

    /// <summary>An item cannot be done, and its steps fall away.</summary>
    public void Skipped(string id, string reason, int steps)
    {
        _allSteps -= steps;
        writer.WriteLine($"skipped {id}: {reason}");
    }
}
