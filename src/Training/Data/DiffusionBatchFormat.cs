namespace InstructDiffusion.Training.Data;

/// <summary>Shapes and rules of the batches a diffusion model is trained with.</summary>
public sealed record DiffusionBatchFormat
{
    /// <summary>Of the run.</summary>
    public required long Seed { get; init; }

    /// <summary>Side of the pictures.</summary>
    public required int Resolution { get; init; }

    /// <summary>C·h·w of the latents.</summary>
    public required int LatentLength { get; init; }

    /// <summary>L, ids of a text.</summary>
    public required int TokenCount { get; init; }

    /// <summary>T of the noise schedule.</summary>
    public required int TrainTimesteps { get; init; }

    /// <summary>See <see cref="Recipes.LossRecipe.TimestepPower"/>.</summary>
    public required double TimestepPower { get; init; }

    /// <summary>Samples a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Samples a part.</summary>
    public required int PartSize { get; init; }

    /// <summary>Whether the source picture conditions the model.</summary>
    public required bool HasSource { get; init; }
}
