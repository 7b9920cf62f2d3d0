using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Tests.Data;

public sealed class BatchLoaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Batches_ComeInOrder_WhateverTheThreads(int threads)
    {
        using var loader = new BatchLoader(new Numbers(), 3, 20, partsPerStep: 2, threads, stepsAhead: 3);

        for (long step = 3; step < 20; step++)
        {
            IReadOnlyList<TrainingBatch> parts = loader.Take(step, TestContext.Current.CancellationToken);
            Assert.Equal([$"{step}.0", $"{step}.1"], parts.Select(part => part.Tasks[0]));
        }
    }

    [Fact]
    public void NoMoreIsMadeAhead_ThanAsked()
    {
        var source = new Numbers();
        using (var loader = new BatchLoader(source, 0, 1000, partsPerStep: 2, threads: 3, stepsAhead: 4))
        {
            loader.Take(0, TestContext.Current.CancellationToken);
            SpinWait.SpinUntil(() => source.Made >= 10, TimeSpan.FromSeconds(30));
        }

        Assert.Equal(10, source.Made); // the step that was taken, and four ahead, of two parts each
    }

    [Fact]
    public void AFailure_ReachesTraining_AsItself()
    {
        using var loader = new BatchLoader(
            new Numbers { FailsAt = 2 },
            0,
            10,
            partsPerStep: 1,
            threads: 2,
            stepsAhead: 2
        );
        loader.Take(0, TestContext.Current.CancellationToken);
        loader.Take(1, TestContext.Current.CancellationToken);

        DatasetException failure = Assert.Throws<DatasetException>(() =>
            loader.Take(2, TestContext.Current.CancellationToken)
        );

        Assert.Equal("no number 2", failure.Message);
    }

    [Fact]
    public void Waiting_CanBeCancelled()
    {
        using var never = new ManualResetEventSlim();
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        using var loader = new BatchLoader(
            new Numbers { Gate = never },
            0,
            10,
            partsPerStep: 1,
            threads: 1,
            stepsAhead: 1
        );
        try
        {
            Assert.ThrowsAny<OperationCanceledException>(() => loader.Take(0, stop.Token));
        }
        finally
        {
            never.Set();
        }
    }

    private sealed class Numbers : IBatchSource
    {
        private int _made;

        public long EpochLength => 1;

        public long BrokenSamples => 0;

        public int Made => Volatile.Read(ref _made);

        public long? FailsAt { get; init; }

        public ManualResetEventSlim? Gate { get; init; }

        public TrainingBatch Make(long step, int part)
        {
            Gate?.Wait();
            if (step == FailsAt)
            {
                throw new DatasetException($"no number {step}");
            }
            Interlocked.Increment(ref _made);
            return new PictureBatch([], 0, 0, [], [$"{step}.{part}"]);
        }
    }
}
