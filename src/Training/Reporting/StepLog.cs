namespace InstructDiffusion.Training.Reporting;

/// <summary>
/// One JSON line for each step of the optimizer, in a file that other programs can read while it grows. Every line is handed to
/// the system when its step is done, so that a killed run has its last steps on record.
/// </summary>
public sealed class StepLog : IDisposable
{
    private readonly AppendedFile _file;

    private StepLog(AppendedFile file) => _file = file;

    /// <summary>
    /// Opens the log of a run that makes <paramref name="firstStep"/> next. What an earlier process wrote of that step and later
    /// ones, after its last checkpoint, is dropped, and so is a line it left unfinished.
    /// </summary>
    /// <param name="path">The file; created if missing.</param>
    /// <param name="firstStep">The step that is logged next; 0 drops everything.</param>
    /// <exception cref="InvalidDataException">A line is damaged that should be kept; the file is left as it is.</exception>
    public static StepLog Open(string path, long firstStep)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);
        return new StepLog(
            new AppendedFile(path, firstStep > 0 && File.Exists(path) ? KeptLength(path, firstStep) : 0)
        );
    }

    /// <summary>The records of a log, in order; the line that is being written at the end is left out.</summary>
    /// <exception cref="InvalidDataException">A line before the last one is damaged; it is named.</exception>
    public static IEnumerable<StepRecord> Read(string path)
    {
        using FileStream stream = OpenToRead(path);
        int damaged = 0;
        int number = 0;
        foreach ((_, StepRecord? record) in StepLines.Read(stream))
        {
            if (damaged > 0)
            {
                throw Damaged(path, damaged);
            }
            number++;
            if (record is null)
            {
                damaged = number;
                continue;
            }
            yield return record;
        }
    }

    /// <summary>Appends a step.</summary>
    /// <exception cref="DiskFullException">No space is left; the log is as before, and a later step may be appended again.</exception>
    public void Append(StepRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        _file.Append(StepLines.Write(record));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Bytes of the lines of earlier steps.</summary>
    private static long KeptLength(string path, long firstStep)
    {
        using FileStream stream = OpenToRead(path);
        long kept = 0;
        int damaged = 0;
        int number = 0;
        foreach ((long end, StepRecord? record) in StepLines.Read(stream))
        {
            number++;
            if (record is null)
            {
                damaged = damaged == 0 ? number : damaged;
            }
            else if (record.Step < firstStep)
            {
                // Behind a damaged line only what is dropped anyhow may stand.
                kept = damaged == 0 ? end : throw Damaged(path, damaged);
            }
        }
        return kept;
    }

    private static FileStream OpenToRead(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 16);

    private static InvalidDataException Damaged(string path, int line) =>
        new($"{path}: line {line} is not a step's record; move the file away to go on without it");
}
