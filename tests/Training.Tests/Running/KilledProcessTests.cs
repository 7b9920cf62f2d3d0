using System.Diagnostics;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;
using InstructDiffusion.Training.Tests.Data.Demo;

namespace InstructDiffusion.Training.Tests.Running;

/// <summary>The host as a process of its own: killed, stopped and started again.</summary>
public sealed class KilledProcessTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    private readonly DemoSources _sources = new();

    public void Dispose() => _sources.Dispose();

    [Fact]
    public async Task Killed_GoesOn_ToTheSameWeights()
    {
        _sources.Build().Run(null, TestContext.Current.CancellationToken);
        string recipe = WriteRecipe();
        Assert.Equal(0, await Finish(Start(recipe, "straight", "optimization.steps=6")));

        using (Process killed = Start(recipe, "killed", "optimization.steps=6"))
        {
            await Until(() => Steps("killed").Any(step => step >= 2));
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(0, await Finish(Start(recipe, "killed", "optimization.steps=6")));

        Assert.Equal(TinyRun.Hashes(Run("straight"), 6), TinyRun.Hashes(Run("killed"), 6));
        Assert.Equal(6, StepLog.Read(new RunFolder(Run("killed")).Steps).Count());
        Assert.True(File.Exists(Path.Combine(Run("killed"), "model", "model_index.json")));
    }

    [Fact]
    public async Task Terminated_WritesACheckpointAndLeaves()
    {
        _sources.Build().Run(null, TestContext.Current.CancellationToken);
        using Process stopped = Start(
            WriteRecipe(),
            "stopped",
            "optimization.steps=100000",
            "run.checkpoint_every=100000"
        );
        string log = new RunFolder(Run("stopped")).Steps;
        await Until(() => File.Exists(log) && new FileInfo(log).Length > 0);

        using (var kill = Process.Start("kill", ["-TERM", $"{stopped.Id}"]))
        {
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(130, await Finish(stopped));
        Assert.Single(Steps("stopped"));
    }

    private string Run(string name) => Path.Combine(_sources.Root, name);

    private IReadOnlyList<long> Steps(string run)
    {
        string folder = new RunFolder(Run(run)).Checkpoints;
        return Directory.Exists(folder) ? new CheckpointStore(folder).Steps() : [];
    }

    private string WriteRecipe()
    {
        string path = Path.Combine(_sources.Root, "recipe.json");
        File.WriteAllText(
            path,
            $$"""
            {
              "name": "tiny", "stage": "task", "seed": 5,
              "model": { "start": "{{TinyRun.ReferenceModel.Replace('\\', '/')}}" },
              "data": { "resolution": 64, "loader_threads": 1,
                        "sources": [{ "kind": "demo", "path": "{{_sources.Output.Replace(
                '\\',
                '/'
            )}}", "count": 32 }] },
              "optimization": { "steps": 1, "batch_size": 4, "micro_batch_size": 2, "workers": 2, "learning_rate": 0.001 },
              "run": { "checkpoint_every": 1, "keep_newest": 1000 }
            }
            """
        );
        return path;
    }

    private Process Start(string recipe, string run, params string[] settings)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "InstructDiffusion.Training.dll");
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (
            string argument in (string[])[program, "task", "--recipe", recipe, "--out", Run(run), "--set", .. settings]
        )
        {
            start.ArgumentList.Add(argument);
        }
        Process process = Process.Start(start)!;
        // Read, so that a full pipe never holds the program up.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<int> Finish(Process process)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(_patience);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(_patience);
        while (!condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
