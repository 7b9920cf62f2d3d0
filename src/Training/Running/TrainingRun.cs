using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Native;
using InstructDiffusion.Training.Caching;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>From a recipe and a folder to a trained model: builds every part, goes on from the newest checkpoint, trains.</summary>
/// <param name="recipe">Checked.</param>
/// <param name="folder">The run's own folder.</param>
/// <param name="line">Where progress is shown.</param>
/// <param name="say">Told what happens, a line each.</param>
/// <param name="open">Opens a data set of the recipe at a resolution.</param>
internal sealed class TrainingRun(
    TrainingRecipe recipe,
    RunFolder folder,
    ProgressLine line,
    Action<string> say,
    Func<DataSourceRecipe, int, IEditDataset> open
)
{
    /// <summary>Trains until the end or until cancelled.</summary>
    /// <param name="acceptChanges">Go on although the recipe is not the one the run was started with.</param>
    /// <param name="stop">Ends it, with a checkpoint.</param>
    /// <returns>False when it was cancelled.</returns>
    public bool Run(bool acceptChanges, CancellationToken stop)
    {
        say($"libtorch from {Libtorch.Load()}");
        using RunLock taken = folder.Open();
        Device device = ComputeDevice.Find(recipe.Run.Device);
        int workers = WorkerCount.Of(recipe);
        var checkpoints = new CheckpointStore(folder.Checkpoints);
        IReadOnlyList<long> steps = checkpoints.Steps();
        StoredRecipe.Agree(folder, recipe, started: steps.Count > 0, acceptChanges);

        using TrainingModel model = ModelAssembly.Build(recipe, device);
        IReadOnlyList<IEditDataset> datasets = [.. recipe.Data.Sources.Select(s => open(s, recipe.Data.Resolution))];
        var batches = new BatchSources(recipe, model, say);
        IReadOnlyList<SourceCache>? caches = batches.OpenCaches(datasets, device, workers, line, stop);
        try
        {
            return Train(model, datasets, batches.Make(datasets, caches), batches, workers, checkpoints, steps, stop);
        }
        finally
        {
            foreach (SourceCache cache in caches ?? [])
            {
                cache.Dispose();
            }
        }
    }

    private bool Train(
        TrainingModel model,
        IReadOnlyList<IEditDataset> datasets,
        IBatchSource source,
        BatchSources sources,
        int workers,
        CheckpointStore checkpoints,
        IReadOnlyList<long> steps,
        CancellationToken stop
    )
    {
        var replicas = new StageReplicas(recipe, model);
        using var engine = new StepEngine(recipe.Optimization, replicas.Trained, replicas.Make(workers));
        string[] fingerprints = [.. datasets.Select(dataset => dataset.Fingerprint)];
        if (steps.Count > 0)
        {
            checkpoints.Restore(steps[^1], engine.State, fingerprints);
            say($"going on from step {engine.State.Step}");
        }
        using Validation? validation = recipe.Data.Validation is { } held
            ? MakeValidation(model, replicas, sources, open(held, recipe.Data.Resolution))
            : null;
        say($"{engine.State.Parameters.Layout.ParameterCount:N0} parameters are trained by {workers} workers");
        using var log = new TrainingLog(folder, engine.State.Step, recipe.Optimization.Steps, line, say);
        var trainer = new Trainer(recipe, engine, source, validation, checkpoints, fingerprints, log);
        bool finished = trainer.Run(stop);
        if (source.BrokenSamples > 0)
        {
            say($"{source.BrokenSamples} samples could not be read and were replaced by others");
        }
        return finished;
    }

    private Validation MakeValidation(
        TrainingModel model,
        StageReplicas replicas,
        BatchSources sources,
        IEditDataset dataset
    ) => new(recipe, model, replicas.MakeOne(), sources.Make([dataset], null), dataset);
}
