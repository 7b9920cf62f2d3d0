namespace InstructDiffusion.Training.Reporting;

/// <summary>The folder of one training run: where each of its parts lies. Any process may look; one trains (<see cref="RunLock"/>).</summary>
public sealed class RunFolder
{
    /// <summary>The run in <paramref name="path"/>; nothing is created or read.</summary>
    public RunFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Root = Path.GetFullPath(path);
    }

    /// <summary>The folder itself, an absolute path.</summary>
    public string Root { get; }

    /// <summary>The recipe of the run, with every override applied: <c>recipe.json</c>.</summary>
    public string Recipe => Of("recipe.json");

    /// <summary>A line for each step, see <see cref="StepLog"/>: <c>steps.jsonl</c>.</summary>
    public string Steps => Of("steps.jsonl");

    /// <summary>The folder for TensorBoard: <c>events</c>.</summary>
    public string Events => Of("events");

    /// <summary>The folder of checkpoints: <c>checkpoints</c>.</summary>
    public string Checkpoints => Of("checkpoints");

    /// <summary>The folder of sample pictures: <c>samples</c>.</summary>
    public string Samples => Of("samples");

    /// <summary>The folder's file that is locked by the process which trains.</summary>
    internal string LockFile => Of("run.lock");

    /// <summary>Which process that is, for people.</summary>
    internal string LockHolder => Of("run.pid");

    /// <summary>Makes the folder, and those in it, where they are missing, and takes the right to train in it.</summary>
    /// <returns>That right, to be disposed at the end.</returns>
    /// <exception cref="RunLockedException">Another process trains in it.</exception>
    /// <exception cref="IOException">The path cannot be a folder.</exception>
    public RunLock Open()
    {
        Directory.CreateDirectory(Root);
        RunLock taken = RunLock.Take(this);
        try
        {
            foreach (string folder in (string[])[Events, Checkpoints, Samples])
            {
                Directory.CreateDirectory(folder);
            }
            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    private string Of(string name) => Path.Combine(Root, name);
}
