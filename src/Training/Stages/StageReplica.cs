using InstructDiffusion.Training.Data;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Stages;

/// <summary>One worker's instance of what a stage trains: modules of its own over weights shared by all.</summary>
public abstract class StageReplica : IDisposable
{
    /// <summary>The modules whose parameters are trained, with the prefix of their names.</summary>
    public abstract IReadOnlyList<(string Prefix, nn.Module Module)> Trained { get; }

    /// <summary>The loss of each sample.</summary>
    /// <param name="batch">Of this stage's kind.</param>
    /// <returns>[B] fp32, differentiable in the trained parameters where gradients are on; owned by the caller.</returns>
    public abstract Tensor Losses(TrainingBatch batch);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, nn.Module module) in Trained)
        {
            module.Dispose();
        }
        GC.SuppressFinalize(this);
    }
}
