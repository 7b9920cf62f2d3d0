using System.Diagnostics;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Native;
using InstructDiffusion.Training.Caching;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Planning;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>How fast a recipe trains on this machine, beside what its arithmetic and its loader could do.</summary>
internal sealed record Throughput
{
    /// <summary>Samples a second of whole steps: waiting, forward, backward, optimizer, average.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>Share of that time spent waiting for batches.</summary>
    public required double DataWaitShare { get; init; }

    /// <summary>Samples a second that the loader makes while nothing else runs.</summary>
    public required double LoaderSamplesPerSecond { get; init; }

    /// <summary>Arithmetic of training one sample.</summary>
    public required double FlopsPerSample { get; init; }

    /// <summary>fp32 matrix products with all cores.</summary>
    public required double CeilingGigaFlops { get; init; }

    /// <summary>Workers side by side.</summary>
    public required int Workers { get; init; }

    /// <summary>GFLOP/s of training.</summary>
    public double GigaFlops => SamplesPerSecond * FlopsPerSample / 1e9;

    /// <summary>Trains some steps from fresh weights and throws them away.</summary>
    /// <param name="recipe">Checked.</param>
    /// <param name="steps">Steps that are timed; two more go before.</param>
    /// <param name="line">Where the making of a cache is shown.</param>
    /// <param name="stop">Cancels between steps.</param>
    public static Throughput Measure(TrainingRecipe recipe, int steps, ProgressLine line, CancellationToken stop)
    {
        Libtorch.Load();
        double ceiling = MachineRate.MeasureGigaFlopsPerSecond();
        Device device = ComputeDevice.Find(recipe.Run.Device);
        int workers = WorkerCount.Of(recipe);
        using TrainingModel model = ModelAssembly.Build(recipe, device);
        IReadOnlyList<IEditDataset> datasets =
        [
            .. recipe.Data.Sources.Select(source => DatasetFactory.Open(source, recipe.Data.Resolution)),
        ];
        var sources = new BatchSources(recipe, model, line.Say);
        IReadOnlyList<SourceCache>? caches = sources.OpenCaches(datasets, device, workers, line, stop);
        try
        {
            IBatchSource batches = sources.Make(datasets, caches);
            double loader = TimeLoader(recipe, batches, steps, stop);
            var replicas = new StageReplicas(recipe, model);
            using var engine = new StepEngine(recipe.Optimization, replicas.Trained, replicas.Make(workers));
            (double rate, double wait) = TimeSteps(recipe, engine, batches, steps, stop);
            return new Throughput
            {
                SamplesPerSecond = rate,
                DataWaitShare = wait,
                LoaderSamplesPerSecond = loader,
                FlopsPerSample = TrainingPlanner.Plan(RecipePlan.Of(recipe, workers)).TrainingFlops,
                CeilingGigaFlops = ceiling,
                Workers = workers,
            };
        }
        finally
        {
            foreach (SourceCache cache in caches ?? [])
            {
                cache.Dispose();
            }
        }
    }

    private static double TimeLoader(TrainingRecipe recipe, IBatchSource batches, int steps, CancellationToken stop)
    {
        using BatchLoader loader = Load(recipe, batches, steps);
        loader.Take(0, stop);
        long started = Stopwatch.GetTimestamp();
        for (int step = 1; step < steps; step++)
        {
            loader.Take(step, stop);
        }
        double made = (steps - 1.0) * recipe.Optimization.BatchSize;
        return made / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static (double SamplesPerSecond, double WaitShare) TimeSteps(
        TrainingRecipe recipe,
        StepEngine engine,
        IBatchSource batches,
        int steps,
        CancellationToken stop
    )
    {
        const int Before = 2; // the first passes allocate and compile
        using BatchLoader loader = Load(recipe, batches, steps + Before);
        long started = 0;
        TimeSpan waited = default;
        for (int step = 0; step < steps + Before; step++)
        {
            if (step == Before)
            {
                (started, waited) = (Stopwatch.GetTimestamp(), loader.Waited);
            }
            engine.Step(loader.Take(step, stop));
        }
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        return ((double)steps * recipe.Optimization.BatchSize / took.TotalSeconds, (loader.Waited - waited) / took);
    }

    private static BatchLoader Load(TrainingRecipe recipe, IBatchSource batches, int steps) =>
        new(
            batches,
            0,
            steps,
            recipe.Optimization.BatchSize / recipe.Optimization.MicroBatchSize,
            recipe.Data.LoaderThreads,
            recipe.Data.BatchesAhead
        );
}
