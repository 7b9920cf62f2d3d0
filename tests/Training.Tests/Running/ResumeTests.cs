using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;

namespace InstructDiffusion.Training.Tests.Running;

public sealed class ResumeTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void TwentySteps_EqualTenAndTenMore_BitForBit()
    {
        TinyRun.Train(TinyRun.Task(20), _temp.Of("straight"));

        // A killed run: a checkpoint at ten, and steps after it that were lost.
        TinyRun.Train(TinyRun.Task(13, "run.checkpoint_every=10"), _temp.Of("killed"));
        Directory.Delete(Path.Combine(_temp.Of("killed"), "checkpoints", "step-000000013"), recursive: true);
        (_, IReadOnlyList<string> said) = TinyRun.Train(TinyRun.Task(20), _temp.Of("killed"), acceptChanges: true);

        Assert.Contains("going on from step 10", said);
        IReadOnlyDictionary<string, string> straight = TinyRun.Hashes(_temp.Of("straight"), 20);
        Assert.Equal(
            ["ema.safetensors", "optimizer.safetensors", "parameters.safetensors"],
            straight.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal(straight, TinyRun.Hashes(_temp.Of("killed"), 20));
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => (long)i),
            StepLog.Read(new RunFolder(_temp.Of("killed")).Steps).Select(record => record.Step)
        );
    }

    [Fact]
    public void Stopped_WritesACheckpointAndGoesOn()
    {
        using var stop = new CancellationTokenSource();
        int reads = 0;
        (bool finished, _) = TinyRun.Train(
            TinyRun.Task(1000, "data.loader_threads=1", "data.batches_ahead=1"),
            _temp.Of("run"),
            resolution => new SquaresDataset(resolution)
            {
                OnRead = _ =>
                {
                    if (Interlocked.Increment(ref reads) == 24)
                    {
                        stop.Cancel();
                    }
                },
            },
            stop: stop.Token
        );

        Assert.False(finished);
        long step = Assert.Single(new CheckpointStore(new RunFolder(_temp.Of("run")).Checkpoints).Steps());
        Assert.InRange(step, 1, 12);
    }

    [Fact]
    public void AnotherNumberOfWorkers_SeesTheSameSamples_AndEndsAtNearlyTheSameWeights()
    {
        TinyRun.Train(TinyRun.Task(5, "optimization.workers=1"), _temp.Of("one"));
        TinyRun.Train(TinyRun.Task(5, "optimization.workers=2"), _temp.Of("two"));

        double[] one = [.. StepLog.Read(new RunFolder(_temp.Of("one")).Steps).Select(record => record.Loss)];
        double[] two = [.. StepLog.Read(new RunFolder(_temp.Of("two")).Steps).Select(record => record.Loss)];
        Assert.All(one.Zip(two), losses => Assert.Equal(losses.First, losses.Second, 1e-4));
    }

    [Fact]
    public void AnotherRecipe_IsRefusedUnlessAccepted()
    {
        TinyRun.Train(TinyRun.Task(2), _temp.Of("run"));

        RecipeException refused = Assert.Throws<RecipeException>(() =>
            TinyRun.Train(TinyRun.Task(4, "optimization.learning_rate=0.5"), _temp.Of("run"))
        );

        Assert.Contains("learning_rate", refused.Message, StringComparison.Ordinal);
        Assert.True(
            TinyRun
                .Train(TinyRun.Task(4, "optimization.learning_rate=0.002"), _temp.Of("run"), acceptChanges: true)
                .Finished
        );
    }

    [Fact]
    public void ADataSetThatChanged_IsRefused()
    {
        TinyRun.Train(TinyRun.Task(2), _temp.Of("run"));

        CheckpointException refused = Assert.Throws<CheckpointException>(() =>
            TinyRun.Train(
                TinyRun.Task(4),
                _temp.Of("run"),
                resolution => new SquaresDataset(resolution) { Fingerprint = "squares-fingerprint-2" },
                acceptChanges: true
            )
        );

        Assert.Contains("squares-fingerprint-2", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("optimizer.safetensors")]
    [InlineData("ema.safetensors")]
    [InlineData("state.json")]
    public void AMissingPart_IsNamed(string part)
    {
        TinyRun.Train(TinyRun.Task(2), _temp.Of("run"));
        File.Delete(Path.Combine(_temp.Of("run"), "checkpoints", "step-000000002", part));

        CheckpointException missing = Assert.Throws<CheckpointException>(() =>
            TinyRun.Train(TinyRun.Task(4), _temp.Of("run"), acceptChanges: true)
        );

        Assert.Contains(part, missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADamagedPart_IsNamed()
    {
        TinyRun.Train(TinyRun.Task(2), _temp.Of("run"));
        string file = Path.Combine(_temp.Of("run"), "checkpoints", "step-000000002", "parameters.safetensors");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);

        CheckpointException damaged = Assert.Throws<CheckpointException>(() =>
            TinyRun.Train(TinyRun.Task(4), _temp.Of("run"), acceptChanges: true)
        );

        Assert.Contains("checksum", damaged.Message, StringComparison.Ordinal);
    }
}
