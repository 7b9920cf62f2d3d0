using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>
/// Makes those shards of a stage that are not there yet. Wherever it is interrupted, the next run makes the same shards: a shard is
/// there whole or not at all, and what it holds depends on nothing but the stage.
/// </summary>
/// <param name="stage">Makes the samples.</param>
/// <param name="folder">Where the shards go.</param>
/// <param name="options">How.</param>
internal sealed class StageRun(IShardStage stage, string folder, StageRunOptions options)
{
    // Items under way beyond those that workers are at, so that a slow one does not hold up the rest.
    private const int AheadPerWorker = 4;

    /// <summary>Runs until every shard of the slice is there.</summary>
    /// <param name="line">Where progress is shown.</param>
    /// <param name="cancellationToken">Ends the run; the shard under way is given up.</param>
    /// <returns>What all shards that are there hold, those of other machines too.</returns>
    /// <exception cref="DatasetException">The folder is another stage's, or another process writes a shard.</exception>
    public StageSummary Run(ProgressLine line, CancellationToken cancellationToken)
    {
        StageManifest manifest = StageManifest.Of(stage, options.ShardItems);
        manifest.Begin(folder);
        int[] mine = [.. Enumerable.Range(0, manifest.Shards).Where(options.Slice.Holds)];
        int[] missing = [.. mine.Where(shard => !new ShardFile(folder, shard).IsComplete)];
        string name = manifest.Stage;
        line.Say(
            $"{name}: {mine.Length} shards of {manifest.Shards}, {mine.Length - missing.Length} of them are there"
        );
        if (missing.Length > 0)
        {
            long total = missing.Sum(shard => (long)manifest.ItemsOf(shard).Count);
            var progress = new WorkProgress(line, name, "items", total, options.Time);
            foreach (int shard in missing)
            {
                (long first, int count) = manifest.ItemsOf(shard);
                using var writer = new ShardWriter(new ShardFile(folder, shard));
                MakeInOrder(first, count, writer, progress, cancellationToken);
                writer.Complete();
            }
            progress.Complete();
        }
        return StageSummary.Of(folder);
    }

    private void MakeInOrder(
        long first,
        int count,
        ShardWriter writer,
        WorkProgress progress,
        CancellationToken cancellationToken
    )
    {
        var limited = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, options.Workers);
        var factory = new TaskFactory(limited.ConcurrentScheduler);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = new Queue<Task<IReadOnlyList<ShardSample>>>();
        try
        {
            for (int i = 0; i < count || underWay.Count > 0; )
            {
                while (i < count && underWay.Count < options.Workers * AheadPerWorker)
                {
                    long item = first + i++;
                    underWay.Enqueue(factory.StartNew(() => Make(item, stop.Token), stop.Token));
                }
                foreach (ShardSample sample in underWay.Dequeue().GetAwaiter().GetResult())
                {
                    writer.Add(sample);
                }
                progress.Advance();
            }
        }
        finally
        {
            // Nobody may be at work with the stage's models once the caller disposes of them.
            stop.Cancel();
            Task.WhenAll(underWay).ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return stage.Make(item, cancellationToken);
        }
        catch (RejectedItemException rejected)
        {
            return [Rejected(item, rejected.Note)];
        }
        catch (BrokenSampleException broken)
        {
            return [Rejected(item, new RejectionNote("cannot be read", broken.Message))];
        }
    }

    private ShardSample Rejected(long item, RejectionNote note)
    {
        const int LongestDetail = 500; // what a hostile file puts into its names must not fill the records
        string detail = Data.Files.PlainText.Of(note.Detail[..Math.Min(note.Detail.Length, LongestDetail)]);
        return new ShardSample(stage.Describe(item) with { Rejection = note with { Detail = detail } });
    }
}

/// <summary>How a stage is run; nothing of it decides what its samples are.</summary>
internal sealed record StageRunOptions
{
    /// <summary>Most items of a shard: what an interruption costs at most. Decides how the samples are cut into files.</summary>
    public int ShardItems { get; init; } = 100;

    /// <summary>Which shards this machine makes.</summary>
    public ShardSlice Slice { get; init; } = ShardSlice.All;

    /// <summary>Items under way at a time; 1 for stages whose model uses the whole machine.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Measures the rate.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
