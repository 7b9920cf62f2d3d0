namespace InstructDiffusion.Training.Evaluation;

/// <summary>What an evaluation found; <c>report.json</c>.</summary>
internal sealed record EvaluationReport
{
    /// <summary>Of the file's form.</summary>
    public const int CurrentVersion = 1;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public required int Version { get; init; }

    /// <summary>The model's name, or the file name of an autoencoder.</summary>
    public required string Model { get; init; }

    /// <summary>Of the model's files.</summary>
    public required string Sha256 { get; init; }

    /// <summary><c>in_process</c> or <c>http</c>; absent when only the autoencoder was looked at.</summary>
    public string? Editor { get; init; }

    /// <summary>Fingerprint of the demo data's folder.</summary>
    public required string Data { get; init; }

    /// <summary><c>held_out</c> or <c>familiar</c>.</summary>
    public required string Split { get; init; }

    /// <summary>Side of the pictures, pixels.</summary>
    public required int Resolution { get; init; }

    /// <summary>Of scenes, phrasings, noise and resampling.</summary>
    public required long Seed { get; init; }

    /// <summary>PSNR in dB of all sources after a round trip through the autoencoder.</summary>
    public required Estimate AutoencoderPsnr { get; init; }

    /// <summary>By task.</summary>
    public required IReadOnlyList<TaskReport> Tasks { get; init; }
}
