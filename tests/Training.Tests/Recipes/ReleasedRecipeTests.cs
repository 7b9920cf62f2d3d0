using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Planning;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Running;

namespace InstructDiffusion.Training.Tests.Recipes;

/// <summary>The recipe of stage 2 at full size.</summary>
public sealed class ReleasedRecipeTests
{
    private static readonly string _path = RepositoryRoot.Of("recipes", "stable-diffusion-1.5", "task.json");

    [Fact]
    public void Sources_AreTheSixteenSetsWithTheAuthorsWeights()
    {
        TrainingRecipe recipe = RecipeFile.Load(_path);

        Assert.Equal(
            [
                ("mpii", 1),
                ("coco_keypoints", 1),
                ("crowdpose", 1),
                ("aic", 0.1),
                ("coco_stuff", 1),
                ("grefcoco", 1),
                ("refcoco", 1),
                ("gopro", 2),
                ("reds", 0.2),
                ("sidd", 20),
                ("clwd", 0.2),
                ("ip2p", 0.2),
                ("gier", 2),
                ("gqa_inpaint", 1),
                ("magicbrush", 1),
                ("ieiw", 1),
            ],
            recipe.Data.Sources.Select(source => (DataSourceKinds.NameOf(source.Kind), source.Weight))
        );
        Assert.All(recipe.Data.Sources, source => Assert.Null(source.AsReleased));
    }

    [Fact]
    public void Plan_TakesTheRecipe()
    {
        TrainingRecipe recipe = RecipeFile.Load(_path, [$"model.start={TinyRun.ReferenceModel}"]);

        PlanInputs inputs = RecipePlan.Of(recipe, workers: 1) with { GigaFlopsPerSecond = 100 };

        Assert.Equal((256, 2, 64), (inputs.Resolution, inputs.EncodedPictures, inputs.BatchSize));
        Assert.NotEmpty(TrainingPlanner.Plan(inputs).ToString()!);
    }
}
