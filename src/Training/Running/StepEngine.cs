using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Optimization;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>
/// One step of training: the parts of a batch through the workers' forward and backward passes, their gradients summed in the
/// workers' order, clipped, and one step of AdamW and of the averaged weights. For a number of workers it is deterministic.
/// </summary>
internal sealed class StepEngine : IDisposable
{
    private readonly OptimizationRecipe _recipe;
    private readonly IReadOnlyList<StageReplica> _replicas;
    private readonly FlatReplica[] _gradients;
    private readonly WorkerPool _pool;
    private readonly LearningRateSchedule _schedule;

    /// <summary>Takes over the weights of the modules and attaches the replicas to them.</summary>
    /// <param name="recipe">Rates and sizes.</param>
    /// <param name="start">The trained modules with the weights to start from; only read.</param>
    /// <param name="replicas">One a worker; owned by this object from now on.</param>
    public StepEngine(
        OptimizationRecipe recipe,
        IReadOnlyList<(string Prefix, nn.Module Module)> start,
        IReadOnlyList<StageReplica> replicas
    )
    {
        _recipe = recipe;
        _replicas = replicas;
        var parameters = new FlatParameters(start);
        _gradients = [.. replicas.Select(replica => parameters.Attach(replica.Trained))];
        State = new TrainingState
        {
            Parameters = parameters,
            Optimizer = new FusedAdamW(
                parameters.Values,
                new AdamWOptions
                {
                    Beta1 = recipe.Beta1,
                    Beta2 = recipe.Beta2,
                    Epsilon = recipe.Epsilon,
                    WeightDecay = recipe.WeightDecay,
                }
            ),
            Ema = new FlatEma(parameters.Values, recipe.EmaDecay),
            Scaler = new LossScaler(StageReplicas.DTypeOf(recipe.Precision)),
        };
        _pool = new WorkerPool(replicas.Count);
        _schedule = recipe.Course switch
        {
            LearningRateCourse.Constant => LearningRateSchedule.WarmUp(recipe.WarmUpSteps),
            LearningRateCourse.Cosine => LearningRateSchedule.Cosine(
                recipe.Steps,
                recipe.WarmUpSteps,
                recipe.FinalShare
            ),
            LearningRateCourse.Hold => LearningRateSchedule.Hold(
                recipe.Steps,
                recipe.WarmUpSteps,
                recipe.DecaySteps,
                recipe.FinalShare
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe.Course, "course: unknown"),
        };
    }

    /// <summary>What steps change.</summary>
    public TrainingState State { get; }

    /// <summary>Makes one step.</summary>
    /// <param name="parts">The batch.</param>
    /// <exception cref="TrainingDivergedException">Loss or gradients are not finite; nothing was changed.</exception>
    public StepResult Step(IReadOnlyList<TrainingBatch> parts)
    {
        float[][] losses = new float[parts.Count][];
        _pool.Run(worker =>
        {
            _gradients[worker].Clear();
            for (int part = worker; part < parts.Count; part += _pool.Count)
            {
                losses[part] = Backward(_replicas[worker], parts[part], 1f / parts.Count);
                _gradients[worker].Collect();
            }
        });
        (double loss, IReadOnlyDictionary<string, double> byTask) = StepResult.Average(
            parts.SelectMany((part, i) => part.Tasks.Zip(losses[i]))
        );
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor gradients = FlatReplica.Sum(_gradients);
        State.Scaler.Unscale(gradients);
        double norm = GradientClipping.Clip(
            gradients,
            _recipe.ClipNorm > 0 ? _recipe.ClipNorm : double.PositiveInfinity
        );
        bool finite = double.IsFinite(loss) && double.IsFinite(norm);
        if (!finite && !(double.IsFinite(loss) && State.Scaler.CanLower))
        {
            throw new TrainingDivergedException(
                $"step {State.Step}: the loss is {loss}, the gradients' norm {norm}; the weights were left as before"
            );
        }
        State.Scaler.Update(finite);
        if (!finite)
        {
            // Half precision overflowed: this step is left out, and the next has a smaller scale.
            State.Step++;
            return new StepResult(loss, byTask, norm, LearningRate: 0);
        }
        double rate = _recipe.LearningRate * _schedule.MultiplierAt(State.Step);
        State.Optimizer.Step(gradients, rate);
        State.Parameters.Refresh();
        State.Ema.Update(State.Parameters.Values);
        State.Step++;
        return new StepResult(loss, byTask, norm, rate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        State.Dispose();
        foreach (FlatReplica gradients in _gradients)
        {
            gradients.Dispose();
        }
        foreach (StageReplica replica in _replicas)
        {
            replica.Dispose();
        }
    }

    private float[] Backward(StageReplica replica, TrainingBatch part, float share)
    {
        using var scope = NewDisposeScope();
        Tensor losses = replica.Losses(part);
        ActivationCheckpoint.Backward(State.Scaler.ScaleLoss(losses.mean().Times(share)));
        return losses.detach().cpu().data<float>().ToArray();
    }
}
