using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Recipes;

public sealed class DataSourceRecipeTests
{
    [Fact]
    public void Source_OfARecipe_HasNamesAsTheyAreWritten()
    {
        DataSourceRecipe source = RecipeFile.Source(
            "coco_keypoints",
            "data/coco",
            [
                "as_released=[\"half_body_normal_draw\", \"empty_instruction\"]",
                "split=val2017",
                "augment=false",
                "flip=0.25",
            ]
        );

        Assert.Equal(DataSourceKind.CocoKeypoints, source.Kind);
        Assert.Equal("val2017", source.Split);
        Assert.True(source.Reproduces(ReleasedDefect.HalfBodyNormalDraw));
        Assert.False(source.Reproduces(ReleasedDefect.EdgeClause));
    }

    [Fact]
    public void AsReleased_All_IsEveryDefectOfTheKindAndNoOther()
    {
        DataSourceRecipe source = RecipeFile.Source("gopro", "x", ["as_released=[\"all\"]"]);

        Assert.True(source.Reproduces(ReleasedDefect.PairsByOrder));
        Assert.False(source.Reproduces(ReleasedDefect.PolygonHoles));
    }

    [Theory]
    [InlineData("gopro", "as_released=[\"polygon_holes\"]", "as_released: PolygonHoles is none of gopro")]
    [InlineData("gopro", "as_released=[\"unknown\"]", "as_released")]
    [InlineData("mpii", "framing=squash", "framing: does not suit mpii")]
    [InlineData("mpii", "filter=x", "filter: does not suit mpii")]
    [InlineData("gopro", "annotations=x", "annotations: does not suit gopro")]
    [InlineData("coco_stuff", "task_prefix=true", "task_prefix: does not suit coco_stuff")]
    [InlineData("picks", "flip=0", "flip: does not suit picks")]
    [InlineData("triples", "flip=1.5", "flip: must be 0…1")]
    [InlineData("triples", "weight=-1", "weight: must be")]
    [InlineData("triples", "nonsense=1", "nonsense")]
    public void Source_FieldThatCannotBe_IsNamed(string kind, string change, string message) =>
        Assert.Contains(
            message,
            Assert.Throws<RecipeException>(() => RecipeFile.Source(kind, "x", [change])).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("coco_stuff", 2, false)]
    [InlineData("coco_stuff", 1, true)]
    [InlineData("gopro", 2, true)]
    public void CachedWords_OfSeveralVariants_AreRefusedWhereTheyGoWithOne(string kind, int variants, bool isAllowed)
    {
        var data = new DataRecipe
        {
            Sources = [RecipeFile.Source(kind, "x", [])],
            Cache = "cache",
            CacheVariants = variants,
            CacheWordings = 2,
        };
        var problems = new ProblemList();

        data.Check(problems, TrainingStage.Task);

        Assert.Equal(isAllowed, problems.All.Count == 0);
    }

    [Fact]
    public void Names_FindTheirKinds()
    {
        Assert.All(
            Enum.GetValues<DataSourceKind>(),
            kind => Assert.Equal(kind, DataSourceKinds.Find(DataSourceKinds.NameOf(kind)))
        );
        Assert.Null(DataSourceKinds.Find("nothing"));
    }
}
