using System.Diagnostics;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Reporting;

public sealed class RunFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_NewFolder_HasItsParts()
    {
        var run = new RunFolder(_folder.Of("runs", "demo"));

        using RunLock taken = run.Open();

        Assert.True(Directory.Exists(run.Checkpoints));
        Assert.True(Directory.Exists(run.Events));
        Assert.True(Directory.Exists(run.Samples));
        Assert.Equal(_folder.Of("runs", "demo", "steps.jsonl"), run.Steps);
        Assert.Equal(_folder.Of("runs", "demo", "recipe.json"), run.Recipe);
    }

    [Fact]
    public void Open_FolderInUse_NamesTheProcess()
    {
        using RunLock taken = new RunFolder(_folder.Path).Open();

        var refused = Assert.Throws<RunLockedException>(() => new RunFolder(_folder.Path).Open());

        Assert.Contains($"process {Environment.ProcessId} on ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderGivenBack_IsTaken()
    {
        new RunFolder(_folder.Path).Open().Dispose();

        using RunLock taken = new RunFolder(_folder.Path).Open();

        Assert.NotNull(taken);
    }

    [Fact]
    public void Open_LockOfAKilledProcess_IsTakenOver()
    {
        const string Flock = "/usr/bin/flock";
        Assert.SkipUnless(File.Exists(Flock), "no flock program (util-linux) to hold the lock in another process");
        var run = new RunFolder(_folder.Path);
        var start = new ProcessStartInfo(Flock, ["--close", run.LockFile, "/bin/sh", "-c", "echo held; cat"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process holder = Process.Start(start)!;
        try
        {
            Assert.Equal("held", holder.StandardOutput.ReadLine());
            var refused = Assert.Throws<RunLockedException>(() => run.Open());
            Assert.Contains("another process trains in this folder", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            holder.Kill(entireProcessTree: true);
            holder.WaitForExit();
        }

        using RunLock taken = run.Open();

        Assert.Equal($"process {Environment.ProcessId} on {Environment.MachineName}", File.ReadAllText(run.LockHolder));
    }

    [Fact]
    public void Open_PathOfAFile_IsRefused()
    {
        File.WriteAllText(_folder.Of("run"), "");

        Assert.Throws<IOException>(() => new RunFolder(_folder.Of("run")).Open());
    }
}
