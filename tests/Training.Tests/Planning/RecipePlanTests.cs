using InstructDiffusion.Training.Planning;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Running;

namespace InstructDiffusion.Training.Tests.Planning;

public sealed class RecipePlanTests
{
    [Fact]
    public void Of_TaskRecipe_HasTheCheckpointsShapes()
    {
        PlanInputs inputs = RecipePlan.Of(TinyRun.Task(steps: 7, "optimization.precision=bf16"), workers: 2);

        Assert.Equal(8, inputs.UNet!.InChannels);
        Assert.Equal(inputs.UNet.CrossAttentionDim, inputs.TextEncoder!.Encoder.HiddenSize);
        Assert.Equal(4, inputs.Autoencoder.LatentChannels);
        Assert.False(inputs.TrainsTextEncoder);
        Assert.Equal(
            (64, 2, 4, 2),
            (inputs.Resolution, inputs.EncodedPictures, inputs.BatchSize, inputs.MicroBatchSize)
        );
        Assert.Equal((2, 7), (inputs.Workers, inputs.Steps));
        Assert.True(inputs.IsHalfPrecision);
        Assert.True(inputs.HasValidation);
    }

    [Fact]
    public void Of_CachedLatents_EncodesNothing() =>
        Assert.Equal(0, RecipePlan.Of(TinyRun.Task(steps: 7, "data.cache=latents"), workers: 1).EncodedPictures);

    [Fact]
    public void Of_AutoencoderRecipe_HasNoUNet()
    {
        PlanInputs inputs = RecipePlan.Of(TinyRun.Autoencoder(steps: 7), workers: 1);

        Assert.Null(inputs.UNet);
        Assert.Equal([8, 8], inputs.Autoencoder.BlockOutChannels);
        Assert.False(inputs.HasValidation);
    }

    [Fact]
    public void Of_MissingCheckpoint_IsNamed()
    {
        TrainingRecipe recipe = TinyRun.Task(steps: 7, "model.start=nowhere");

        var thrown = Assert.Throws<RecipeException>(() => RecipePlan.Of(recipe, workers: 1));

        Assert.Contains("model.start: there is nothing at nowhere", thrown.Message, StringComparison.Ordinal);
    }
}
