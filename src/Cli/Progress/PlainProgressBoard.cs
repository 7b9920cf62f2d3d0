namespace InstructDiffusion.Cli.Progress;

/// <summary>Progress for logs and pipes: a line when work starts, at most one every few seconds, and one when it ends.</summary>
internal sealed class PlainProgressBoard(TextWriter writer, TimeProvider time) : IProgressBoard
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _writing = new();

    public IProgressTask Begin(string name, long? total, ProgressUnit unit)
    {
        if (unit == ProgressUnit.Bytes)
        {
            Say(total is { } bytes ? $"{name}: {ByteCount.Text(bytes)}" : name);
        }
        return new Line(this, name, total, unit);
    }

    public void Say(string line)
    {
        lock (_writing)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }

    private sealed class Line(PlainProgressBoard board, string name, long? total, ProgressUnit unit) : IProgressTask
    {
        private readonly Lock _reporting = new();
        private readonly long _start = board.Time.GetTimestamp();
        private long _lastLine = board.Time.GetTimestamp();
        private long? _first;
        private long _done;

        public void Report(long done)
        {
            lock (_reporting)
            {
                // What was there before this run (a resumed file) is no measure of speed.
                _first ??= unit == ProgressUnit.Bytes ? done : 0;
                _done = done;
                if (board.Time.GetElapsedTime(_lastLine) < Interval)
                {
                    return;
                }
                _lastLine = board.Time.GetTimestamp();
                board.Say(Describe());
            }
        }

        public void Complete()
        {
            lock (_reporting)
            {
                TimeSpan elapsed = board.Time.GetElapsedTime(_start);
                string amount = unit == ProgressUnit.Bytes ? ByteCount.Text(_done) : $"{_done} steps";
                board.Say($"{name}: done, {amount} in {elapsed.TotalSeconds:0.0} s");
            }
        }

        private string Describe()
        {
            double seconds = board.Time.GetElapsedTime(_start).TotalSeconds;
            double rate = Math.Max(0, _done - _first ?? 0) / Math.Max(seconds, 1e-3);
            string done = unit == ProgressUnit.Bytes ? ByteCount.Text(_done) : $"step {_done}";
            string all = total is not { } whole
                ? ""
                : $" of {(unit == ProgressUnit.Bytes ? ByteCount.Text(whole) : whole)}";
            string speed = unit == ProgressUnit.Bytes ? $", {ByteCount.Text(rate)}/s" : "";
            string left = total is { } end && rate > 0 ? $", {(end - _done) / rate:0} s left" : "";
            return $"{name}: {done}{all}{speed}{left}";
        }
    }

    private TimeProvider Time { get; } = time;
}
