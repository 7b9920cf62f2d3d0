using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Recipes;

public sealed class RecipeFileTests
{
    private const string Least = """
        {
          // comments are allowed
          "name": "least", "stage": "task",
          "model": { "start": "somewhere" },
          "data": { "sources": [{ "kind": "demo", "path": "data" }] },
          "optimization": { "steps": 10, "batch_size": 8, "micro_batch_size": 4 },
        }
        """;

    [Fact]
    public void WhatIsLeftOut_HasTheAuthorsValues()
    {
        TrainingRecipe recipe = Parse(Least);

        Assert.Equal(23, recipe.Seed);
        Assert.Equal(256, recipe.Data.Resolution);
        Assert.Equal(
            (1e-4, 0.9, 0.999, 1e-8, 0.01, 0.0),
            (
                recipe.Optimization.LearningRate,
                recipe.Optimization.Beta1,
                recipe.Optimization.Beta2,
                recipe.Optimization.Epsilon,
                recipe.Optimization.WeightDecay,
                recipe.Optimization.ClipNorm
            )
        );
        Assert.Equal(0.9999, recipe.Optimization.EmaDecay);
    }

    [Fact]
    public void Print_GivesARecipeThatReadsBackEqual()
    {
        TrainingRecipe recipe = Parse(Least, "optimization.learning_rate=3e-5", "name=mine");

        string printed = RecipeFile.Print(recipe);

        Assert.Equal(printed, RecipeFile.Print(Parse(printed)));
        Assert.Contains("\"learning_rate\": 3E-05", printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("optimization.learning_rate=0.5")]
    [InlineData("data.sources.0.weight=0.2")]
    [InlineData("loss.min_snr_gamma=5")]
    [InlineData("data.cache=runs/latents")]
    [InlineData("data.sources.0.tasks={\"removal\": 1}")]
    [InlineData("optimization.precision=bf16")]
    public void Overrides_ChangeAnyValue(string change)
    {
        Assert.NotEqual(RecipeFile.Print(Parse(Least)), RecipeFile.Print(Parse(Least, change)));
    }

    [Theory]
    [InlineData("optimization.batch_size=9", "optimization.batch_size")]
    [InlineData("optimization.learning_rate=0", "optimization.learning_rate")]
    [InlineData("optimization.steps=0", "optimization.steps")]
    [InlineData("data.resolution=4", "data.resolution")]
    [InlineData("data.sources.0.weight=0", "data.sources[0].weight")]
    [InlineData("data.sources=[]", "data.sources")]
    [InlineData("model.start=null", "model.autoencoder")]
    [InlineData("stage=adaptation", "data.sources[0].kind")]
    [InlineData("loss.timestep_power=0", "loss.timestep_power")]
    [InlineData("run.keep_newest=0", "run.keep_newest")]
    [InlineData("optimization.course=hold", "optimization.decay_steps")]
    [InlineData("optimization.decay_steps=3", "optimization.decay_steps")]
    [InlineData("optimization.learningrate=1", "learningrate")]
    [InlineData("optimization.precision=fp8", "precision")]
    [InlineData("optimization.steps=many", "steps")]
    [InlineData("data.sources.3.weight=1", "index")]
    [InlineData("no equals sign", "field=value")]
    [InlineData("name=", "name")]
    public void AValueThatCannotBe_IsNamed(string change, string named)
    {
        RecipeException refused = Assert.Throws<RecipeException>(() => Parse(Least, change));

        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryProblem_IsToldAtOnce()
    {
        RecipeException refused = Assert.Throws<RecipeException>(() =>
            Parse(Least, "optimization.batch_size=9", "data.resolution=4", "run.keep_newest=0")
        );

        Assert.Contains("optimization.batch_size", refused.Message, StringComparison.Ordinal);
        Assert.Contains("data.resolution", refused.Message, StringComparison.Ordinal);
        Assert.Contains("run.keep_newest", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryRecipeOfTheRepository_IsRead()
    {
        string[] recipes =
        [
            .. Directory
                .EnumerateFiles(RepositoryRoot.Of("recipes"), "*.json", SearchOption.AllDirectories)
                .Where(path => !path.EndsWith("instructdiffusion.json", StringComparison.Ordinal))
                // Rules of selecting pairs, which other tests read.
                .Where(path => !path.Contains("/selection/", StringComparison.Ordinal)),
        ];

        Assert.True(recipes.Length >= 7);
        Assert.All(recipes, path => Assert.Empty(RecipeFile.Load(path).Problems()));
    }

    private static TrainingRecipe Parse(string text, params string[] changes) =>
        RecipeFile.Parse(text, "recipe.json", changes);
}
