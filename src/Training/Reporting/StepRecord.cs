using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Reporting;

/// <summary>What is noted of one step of the optimizer: a line of the step log.</summary>
public sealed record StepRecord
{
    /// <summary>Steps made before this one, from 0. Training that goes on at step k writes k first.</summary>
    public required long Step { get; init; }

    /// <summary>Samples seen when this step was done, all of its batches included.</summary>
    public required long SamplesSeen { get; init; }

    /// <summary>Mean loss of the step's samples; may be NaN or infinite when training has gone wrong.</summary>
    public required double Loss { get; init; }

    /// <summary>Mean loss of the step's samples of each task; tasks without a sample are left out.</summary>
    public IReadOnlyDictionary<string, double> LossByTask { get; init; } = new Dictionary<string, double>();

    /// <summary>Norm of all gradients before clipping; infinite when a step in half precision overflowed.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Learning rate of this step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Share of the old average that this step's update of the EMA kept; null without an EMA.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Samples a second during this step, waiting included.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>Share of the step's time spent waiting for data, 0…1.</summary>
    public required double DataWaitShare { get; init; }

    /// <summary>Tensors alive after the step, on all threads: a count that grows is a leak.</summary>
    public long LiveTensors { get; init; }

    /// <summary>Memory of the process that is in RAM, in MiB.</summary>
    [JsonPropertyName("resident_mib")]
    public double ResidentMiB { get; init; }

    /// <summary>Factor of the loss in half precision; null in other precisions.</summary>
    public double? LossScale { get; init; }

    /// <summary>When the step was done, UTC.</summary>
    public required DateTimeOffset Time { get; init; }
}
