using InstructDiffusion.Training.Optimization;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>Everything a step changes: weights, optimizer, averaged weights, position. A checkpoint holds just this.</summary>
internal sealed class TrainingState : IDisposable
{
    public required FlatParameters Parameters { get; init; }

    public required FusedAdamW Optimizer { get; init; }

    public required FlatEma Ema { get; init; }

    public required LossScaler Scaler { get; init; }

    /// <summary>Steps made.</summary>
    public long Step { get; set; }

    /// <summary>The flat buffers by the names they have in a checkpoint: file, then prefix.</summary>
    public IReadOnlyList<(string File, string Prefix, Tensor Values)> Buffers =>
        [
            ("parameters", "", Parameters.Values),
            ("ema", "", Ema.Values),
            ("optimizer", "mean.", Optimizer.Mean),
            ("optimizer", "square.", Optimizer.Square),
        ];

    public void Dispose()
    {
        Ema.Dispose();
        Optimizer.Dispose();
        Parameters.Dispose();
    }
}
