namespace InstructDiffusion.Training.Recipes;

/// <summary>What happens beside the training itself. None of it changes what is learnt.</summary>
public sealed record RunRecipe
{
    /// <summary><c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Steps between checkpoints.</summary>
    public long CheckpointEvery { get; init; } = 1000;

    /// <summary>Newest checkpoints that are kept.</summary>
    public int KeepNewest { get; init; } = 2;

    /// <summary>Checkpoints at multiples of this are kept for good; 0 for none.</summary>
    public long KeepEvery { get; init; }

    /// <summary>Steps between validations; 0 for none.</summary>
    public long ValidateEvery { get; init; }

    /// <summary>Pairs the validation loss is computed on.</summary>
    public int ValidationPairs { get; init; } = 128;

    /// <summary>Pictures painted at each validation.</summary>
    public int ValidationPictures { get; init; } = 8;

    /// <summary>Denoising steps of those pictures.</summary>
    public int ValidationSteps { get; init; } = 20;

    /// <summary>Their text guidance scale.</summary>
    public double ValidationTextScale { get; init; } = 1.5;

    /// <summary>Their image guidance scale.</summary>
    public double ValidationImageScale { get; init; } = 1;

    internal void Check(ProblemList problems)
    {
        problems.Require(!string.IsNullOrWhiteSpace(Device), "run.device", "must not be empty");
        problems.Range(CheckpointEvery, 1, 1e9, "run.checkpoint_every");
        problems.Range(KeepNewest, 1, 1000, "run.keep_newest");
        problems.Range(KeepEvery, 0, 1e9, "run.keep_every");
        problems.Range(ValidateEvery, 0, 1e9, "run.validate_every");
        problems.Range(ValidationPairs, 1, 1_000_000, "run.validation_pairs");
        problems.Range(ValidationPictures, 0, 64, "run.validation_pictures");
        problems.Range(ValidationSteps, 1, 500, "run.validation_steps");
        problems.Range(ValidationTextScale, 0, 50, "run.validation_text_scale");
        problems.Range(ValidationImageScale, 0, 50, "run.validation_image_scale");
    }
}
