namespace InstructDiffusion.Cli.Progress;

/// <summary>Shows how far several pieces of work are: as moving bars on a terminal, as plain lines elsewhere. Thread-safe.</summary>
internal interface IProgressBoard
{
    /// <summary>Starts showing one piece of work.</summary>
    /// <param name="name">What it is, shown as given.</param>
    /// <param name="total">Its whole amount; null when unknown.</param>
    /// <param name="unit">What is counted.</param>
    IProgressTask Begin(string name, long? total, ProgressUnit unit);

    /// <summary>Writes one line for the user to read.</summary>
    void Say(string line);
}

/// <summary>One piece of work on a board. Thread-safe.</summary>
internal interface IProgressTask
{
    /// <summary>The amount done so far; may go back when work has to be repeated.</summary>
    void Report(long done);

    /// <summary>The work is done.</summary>
    void Complete();
}

internal enum ProgressUnit
{
    Bytes,
    Steps,
}
