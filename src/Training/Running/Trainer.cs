using System.Diagnostics;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Running;

/// <summary>The loop: batches in, steps, log lines, validations and checkpoints out, until the last step or a signal to leave.</summary>
internal sealed class Trainer
{
    private readonly TrainingRecipe _recipe;
    private readonly StepEngine _engine;
    private readonly IBatchSource _batches;
    private readonly Validation? _validation;
    private readonly CheckpointStore _checkpoints;
    private readonly IReadOnlyList<string> _datasets;
    private readonly TrainingLog _log;

    /// <summary>A trainer; every part is kept by the caller.</summary>
    public Trainer(
        TrainingRecipe recipe,
        StepEngine engine,
        IBatchSource batches,
        Validation? validation,
        CheckpointStore checkpoints,
        IReadOnlyList<string> datasets,
        TrainingLog log
    )
    {
        _recipe = recipe;
        _engine = engine;
        _batches = batches;
        _validation = validation;
        _checkpoints = checkpoints;
        _datasets = datasets;
        _log = log;
    }

    private long SamplesSeen => _engine.State.Step * _recipe.Optimization.BatchSize;

    /// <summary>Trains from the state's step to the recipe's last, or until cancelled; a checkpoint is written in both cases.</summary>
    /// <returns>False when it was cancelled.</returns>
    /// <exception cref="TrainingDivergedException">Loss or gradients are not finite; the last checkpoint is good.</exception>
    /// <exception cref="DatasetException">The data failed; a checkpoint was written before this was thrown.</exception>
    /// <exception cref="DiskFullException">No space is left for a checkpoint or the log; earlier checkpoints are good.</exception>
    public bool Run(CancellationToken stop)
    {
        TrainingState state = _engine.State;
        OptimizationRecipe sizes = _recipe.Optimization;
        using var loader = new BatchLoader(
            _batches,
            state.Step,
            sizes.Steps,
            sizes.BatchSize / sizes.MicroBatchSize,
            _recipe.Data.LoaderThreads,
            _recipe.Data.BatchesAhead
        );
        while (state.Step < sizes.Steps)
        {
            if (!TryStep(loader, stop))
            {
                Save();
                return false;
            }
            if (state.Step % _recipe.Run.CheckpointEvery == 0 || state.Step == sizes.Steps)
            {
                Save();
                _checkpoints.Prune(_recipe.Run);
            }
            if (_recipe.Run.ValidateEvery > 0 && state.Step % _recipe.Run.ValidateEvery == 0)
            {
                Validate();
            }
        }
        return true;
    }

    private bool TryStep(BatchLoader loader, CancellationToken stop)
    {
        long started = Stopwatch.GetTimestamp();
        TimeSpan waitedBefore = loader.Waited;
        IReadOnlyList<TrainingBatch> batch;
        try
        {
            stop.ThrowIfCancellationRequested();
            batch = loader.Take(_engine.State.Step, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        catch (DatasetException)
        {
            Save();
            throw;
        }
        long step = _engine.State.Step;
        StepResult result = _engine.Step(batch);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        _log.Step(step, result, _engine.State, SamplesSeen, took, loader.Waited - waitedBefore);
        return true;
    }

    private void Save()
    {
        if (!_checkpoints.Steps().Contains(_engine.State.Step))
        {
            _checkpoints.Save(_engine.State, SamplesSeen, _datasets);
        }
    }

    private void Validate()
    {
        if (_validation is null)
        {
            return;
        }
        (double loss, IReadOnlyDictionary<string, double> byTask) = _validation.Losses(_engine.State);
        _log.Validation(_engine.State.Step, loss, byTask);
        if (_validation.Paint() is { } sheet)
        {
            _log.Pictures(_engine.State.Step, sheet);
        }
    }
}
