namespace InstructDiffusion.Training.Recipes;

/// <summary>Everything that decides a run. The only place where a run's numbers live; stored with the run and printed.</summary>
public sealed record TrainingRecipe
{
    /// <summary>Short name of the run.</summary>
    public required string Name { get; init; }

    /// <summary>What is trained.</summary>
    public required TrainingStage Stage { get; init; }

    /// <summary>Of every random number of the run; the authors' is 23.</summary>
    public long Seed { get; init; } = 23;

    /// <summary>What the weights are and where they start.</summary>
    public required ModelRecipe Model { get; init; }

    /// <summary>What is learnt from.</summary>
    public required DataRecipe Data { get; init; }

    /// <summary>How the weights move.</summary>
    public required OptimizationRecipe Optimization { get; init; }

    /// <summary>What is minimised.</summary>
    public LossRecipe Loss { get; init; } = new();

    /// <summary>What happens beside the training itself.</summary>
    public RunRecipe Run { get; init; } = new();

    /// <summary>Every value that cannot be, in words; empty when the recipe can be trained.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new ProblemList();
        problems.Require(!string.IsNullOrWhiteSpace(Name), "name", "must not be empty");
        Model.Check(problems, Stage);
        Data.Check(problems, Stage);
        Optimization.Check(problems);
        Loss.Check(problems);
        Run.Check(problems);
        problems.Require(
            Stage != TrainingStage.Autoencoder || Data.Cache is null,
            "data.cache",
            "holds latents, of which an autoencoder is not trained: leave it out"
        );
        problems.Require(
            Data.CacheWordings == 0 || !Model.TrainTextEncoder,
            "data.cache_wordings",
            "a text encoder that is trained gives other states at every step: leave it out"
        );
        return problems.All;
    }
}
