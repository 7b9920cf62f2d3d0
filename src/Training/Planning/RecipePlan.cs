using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Planning;

/// <summary>What a recipe says of a run's size. Checkpoints are asked for their configuration alone.</summary>
public static class RecipePlan
{
    /// <summary>The inputs of a recipe's plan.</summary>
    /// <param name="recipe">Checked.</param>
    /// <param name="workers">How many there will be.</param>
    /// <exception cref="RecipeException">Parts of the model are missing or do not fit one another.</exception>
    /// <exception cref="CheckpointFormatException">A checkpoint is damaged.</exception>
    public static PlanInputs Of(TrainingRecipe recipe, int workers)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        using ModelCheckpoint? start = ComponentConfigs.Open(recipe.Model.Start, "model.start");
        using ModelCheckpoint? other = ComponentConfigs.Open(recipe.Model.Autoencoder, "model.autoencoder");
        AutoencoderConfig autoencoder = AutoencoderConfig.Parse(ComponentConfigs.Autoencoder(recipe, other ?? start));
        bool diffuses = recipe.Stage != TrainingStage.Autoencoder;
        int pictures = recipe.Stage == TrainingStage.Adaptation ? 1 : 2;
        return new PlanInputs
        {
            Autoencoder = autoencoder,
            UNet = diffuses
                ? UNetConfig.Parse(ComponentConfigs.UNet(recipe, start, autoencoder.LatentChannels).Config)
                : null,
            TextEncoder = diffuses ? TextEncoder(recipe, start) : null,
            TrainsTextEncoder = recipe.Model.TrainTextEncoder,
            Resolution = recipe.Data.Resolution,
            EncodesTexts = recipe.Data.CacheWordings == 0,
            EncodedPictures = diffuses && recipe.Data.Cache is null ? pictures : 0,
            BatchSize = recipe.Optimization.BatchSize,
            MicroBatchSize = recipe.Optimization.MicroBatchSize,
            Workers = workers,
            Steps = recipe.Optimization.Steps,
            IsHalfPrecision = recipe.Optimization.Precision != TrainingPrecision.Fp32,
            HasActivationCheckpointing = recipe.Optimization.ActivationCheckpointing,
            HasValidation = recipe.Data.Validation is not null,
        };
    }

    private static ClipTextConfig TextEncoder(TrainingRecipe recipe, ModelCheckpoint? start) =>
        ClipTextConfig.Parse(
            ComponentConfigs.TextEncoder(
                recipe,
                start,
                ComponentConfigs.Tokenizer(ComponentConfigs.TokenizerFolder(recipe))
            )
        );
}
