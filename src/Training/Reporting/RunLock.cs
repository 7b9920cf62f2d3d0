namespace InstructDiffusion.Training.Reporting;

/// <summary>
/// The right to train in a run's folder, which one process has at a time. The system holds the lock and takes it back when the
/// process ends, however it ends: there are no stale locks.
/// </summary>
public sealed class RunLock : IDisposable
{
    private readonly FileStream _held;
    private readonly RunFolder _folder;

    private RunLock(FileStream held, RunFolder folder)
    {
        _held = held;
        _folder = folder;
    }

    /// <summary>Gives the right back.</summary>
    public void Dispose()
    {
        // The locked file stays: another process may be about to lock it, and would then hold a file without a name.
        File.Delete(_folder.LockHolder);
        _held.Dispose();
    }

    internal static RunLock Take(RunFolder folder)
    {
        FileStream held;
        try
        {
            held = new FileStream(folder.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(folder.LockFile))
        {
            throw new RunLockedException($"{folder.Root}: {Holder(folder)} trains in this folder already", e);
        }
        var taken = new RunLock(held, folder);
        try
        {
            File.WriteAllText(folder.LockHolder, $"process {Environment.ProcessId} on {Environment.MachineName}");
            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    private static string Holder(RunFolder folder)
    {
        try
        {
            return File.ReadAllText(folder.LockHolder);
        }
        catch (IOException)
        {
            return "another process"; // between its two files, or on its way out
        }
    }
}

/// <summary>Another process trains in the folder; the message names both.</summary>
public sealed class RunLockedException(string message, Exception inner) : IOException(message, inner);
