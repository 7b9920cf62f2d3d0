namespace InstructDiffusion.Training.Running;

/// <summary><c>state.json</c> of a checkpoint: position, and the checksum of every other file. Written last.</summary>
internal sealed record CheckpointManifest
{
    public required int Version { get; init; }

    /// <summary>Steps made.</summary>
    public required long Step { get; init; }

    /// <summary>Samples seen.</summary>
    public required long SamplesSeen { get; init; }

    public required long OptimizerSteps { get; init; }

    public required long EmaUpdates { get; init; }

    /// <summary>Factor of the loss; 1 but in fp16.</summary>
    public required double LossScale { get; init; }

    /// <summary>Steps since it changed.</summary>
    public required long FiniteSteps { get; init; }

    /// <summary>Of the data sets trained on, in order.</summary>
    public required IReadOnlyList<string> Datasets { get; init; }

    /// <summary>SHA-256 by file name.</summary>
    public required IReadOnlyDictionary<string, string> Sha256 { get; init; }

    public required DateTimeOffset Time { get; init; }
}
