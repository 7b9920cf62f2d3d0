using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;

namespace InstructDiffusion.Training.Tests.Running;

public sealed class TrainerTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Autoencoder_LearnsSquares()
    {
        TinyRun.Train(TinyRun.Autoencoder(60), _temp.Of("run"));

        double[] losses = [.. StepLog.Read(new RunFolder(_temp.Of("run")).Steps).Select(record => record.Loss)];
        Assert.True(losses[^5..].Average() < 0.7 * losses[..5].Average(), $"{losses[0]} → {losses[^1]}");
    }

    [Fact]
    public void LiveTensors_DoNotGrow()
    {
        TinyRun.Train(TinyRun.Task(12), _temp.Of("run"));

        long[] live = [.. StepLog.Read(new RunFolder(_temp.Of("run")).Steps).Select(record => record.LiveTensors)];
        Assert.Equal(live[3], live[^1]);
    }

    [Fact]
    public void ABrokenSample_IsReplacedAndReported()
    {
        (bool finished, IReadOnlyList<string> said) = TinyRun.Train(
            TinyRun.Task(20),
            _temp.Of("run"),
            resolution => new SquaresDataset(resolution)
            {
                Broken = new HashSet<long> { 3, 9 },
            }
        );

        Assert.True(finished);
        Assert.Contains(said, line => line.Contains("square 3 is torn", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("could not be read", StringComparison.Ordinal));
    }

    [Fact]
    public void ADataSetOfBrokenSamples_EndsTheRunWithItsCheckpoint()
    {
        DatasetException failed = Assert.Throws<DatasetException>(() =>
            TinyRun.Train(
                TinyRun.Task(20),
                _temp.Of("run"),
                resolution => new SquaresDataset(resolution, 8)
                {
                    Broken = new HashSet<long>(Enumerable.Range(0, 8).Select(i => (long)i)),
                }
            )
        );

        Assert.Contains("in a row", failed.Message, StringComparison.Ordinal);
        Assert.Single(new CheckpointStore(new RunFolder(_temp.Of("run")).Checkpoints).Steps());
    }

    [Fact]
    public void ALossThatIsNotFinite_EndsTheRunAndKeepsTheLastGoodCheckpoint()
    {
        TrainingDivergedException diverged = Assert.Throws<TrainingDivergedException>(() =>
            TinyRun.Train(
                TinyRun.Task(
                    200,
                    "optimization.learning_rate=10",
                    "optimization.clip_norm=0",
                    "optimization.epsilon=1e-30",
                    "run.checkpoint_every=1"
                ),
                _temp.Of("run")
            )
        );

        Assert.Contains("step", diverged.Message, StringComparison.Ordinal);
        var store = new CheckpointStore(new RunFolder(_temp.Of("run")).Checkpoints);
        Assert.NotEmpty(store.Steps());
    }

    [Fact]
    public void Checkpoints_ArePrunedByPolicy()
    {
        TinyRun.Train(
            TinyRun.Task(7, "run.checkpoint_every=1", "run.keep_newest=2", "run.keep_every=3"),
            _temp.Of("run")
        );

        Assert.Equal([3, 6, 7], new CheckpointStore(new RunFolder(_temp.Of("run")).Checkpoints).Steps());
    }

    [Fact]
    public void CachedLatents_TrainAsEncodedOnes_OverTheSameVariants()
    {
        TinyRun.Train(TinyRun.Task(3, $"data.cache={_temp.Of("cache").Replace('\\', '/')}"), _temp.Of("run"));
        int reads = 0;
        TinyRun.Train(
            TinyRun.Task(3, $"data.cache={_temp.Of("cache").Replace('\\', '/')}"),
            _temp.Of("again"),
            resolution => new SquaresDataset(resolution) { OnRead = _ => Interlocked.Increment(ref reads) }
        );

        Assert.Equal(0, reads);
        Assert.Equal(TinyRun.Hashes(_temp.Of("run"), 3), TinyRun.Hashes(_temp.Of("again"), 3));
    }

    [Fact]
    public void Validation_WritesASheetOfPictures()
    {
        TinyRun.Train(
            TinyRun.Task(
                2,
                "run.validate_every=2",
                "run.validation_pairs=4",
                "run.validation_pictures=2",
                "run.validation_steps=2"
            ),
            _temp.Of("run")
        );

        Assert.True(File.Exists(Path.Combine(_temp.Of("run"), "samples", "step-000000002.png")));
    }
}
