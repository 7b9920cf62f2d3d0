using Spectre.Console;

namespace InstructDiffusion.Training.Reporting;

/// <summary>
/// Where the state of long work is shown: on a terminal in one line that is drawn anew, in files and pipes as a plain line every
/// so often. Thread-safe.
/// </summary>
public sealed class ProgressLine
{
    private const string EraseLine = "\r\e[K";

    private static readonly TimeSpan LiveInterval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _writing = new();
    private readonly TextWriter _writer;
    private readonly Profile? _terminal;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private long? _shownAt;
    private string _drawn = "";

    /// <summary>Shows progress on <paramref name="terminal"/>, or in plain lines where there is none.</summary>
    /// <param name="writer">Where plain lines go.</param>
    /// <param name="terminal">A console that can move its cursor; null for plain lines.</param>
    /// <param name="time">Measures the intervals.</param>
    /// <param name="plainInterval">At least this long between plain lines.</param>
    public ProgressLine(TextWriter writer, IAnsiConsole? terminal, TimeProvider time, TimeSpan plainInterval)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(time);
        _terminal = terminal?.Profile;
        _writer = _terminal?.Out.Writer ?? writer;
        _time = time;
        _interval = _terminal is null ? plainInterval : LiveInterval;
    }

    /// <summary>The process's standard error.</summary>
    public static ProgressLine OfProcess(TimeSpan plainInterval)
    {
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) };
        IAnsiConsole console = AnsiConsole.Create(settings);
        bool isTerminal =
            !Console.IsErrorRedirected && console.Profile.Capabilities is { Ansi: true, Interactive: true };
        return new ProgressLine(Console.Error, isTerminal ? console : null, TimeProvider.System, plainInterval);
    }

    /// <summary>Shows the present state, unless the last one was shown a moment ago.</summary>
    public void Show(string state)
    {
        lock (_writing)
        {
            if (_shownAt is { } last && _time.GetElapsedTime(last) < _interval)
            {
                return;
            }
            _shownAt = _time.GetTimestamp();
            Put(state);
        }
    }

    /// <summary>Writes a line that stays; the state is drawn again below it.</summary>
    public void Say(string line)
    {
        lock (_writing)
        {
            string drawn = _drawn;
            Erase();
            _writer.WriteLine(line);
            _writer.Flush();
            if (drawn.Length > 0)
            {
                Put(drawn);
            }
        }
    }

    /// <summary>The work has ended: its last state becomes a line that stays, and the next work's first one is shown at once.</summary>
    public void Finish(string state)
    {
        lock (_writing)
        {
            Erase();
            _writer.WriteLine(state);
            _writer.Flush();
            _shownAt = null;
        }
    }

    private void Put(string state)
    {
        if (_terminal is null)
        {
            _writer.WriteLine(state);
        }
        else
        {
            // A line that fills the terminal's width would break, and its first half could not be erased.
            _drawn = state[..Math.Min(state.Length, Math.Max(_terminal.Width - 1, 0))];
            _writer.Write(EraseLine + _drawn);
        }
        _writer.Flush();
    }

    private void Erase()
    {
        if (_drawn.Length > 0)
        {
            _writer.Write(EraseLine);
            _drawn = "";
        }
    }
}
