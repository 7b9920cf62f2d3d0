using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Recipes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Stages;

/// <summary>Makes the instances of a model that a stage's workers train with: modules of their own, over weights that are shared later.</summary>
/// <param name="recipe">Checked.</param>
/// <param name="model">Built for the recipe; kept by the caller.</param>
public sealed class StageReplicas(TrainingRecipe recipe, TrainingModel model)
{
    /// <summary>The modules that this recipe trains, with the prefix of their names in checkpoints.</summary>
    public IReadOnlyList<(string Prefix, nn.Module Module)> Trained =>
        recipe.Stage == TrainingStage.Autoencoder ? [("vae", model.Autoencoder)]
        : recipe.Model.TrainTextEncoder ? [("unet", model.UNet!), ("text_encoder", model.TextEncoder!)]
        : [("unet", model.UNet!)];

    /// <summary>Instances for workers, whose trained weights are uninitialised until attached to shared ones.</summary>
    /// <param name="workers">How many, at least 1.</param>
    public IReadOnlyList<StageReplica> Make(int workers) => [.. Enumerable.Range(0, workers).Select(_ => MakeOne())];

    /// <summary>One more instance, whose trained weights are uninitialised.</summary>
    public StageReplica MakeOne()
    {
        if (recipe.Stage == TrainingStage.Autoencoder)
        {
            return new AutoencoderReplica(Alike(model.NewAutoencoder(), model.Autoencoder), recipe.Loss, model.Device);
        }
        var loss = new DiffusionLoss(model.NoiseSchedule, recipe.Loss.MinSnrGamma);
        bool trainsText = recipe.Model.TrainTextEncoder;
        ClipTextModel text = trainsText ? model.NewTextEncoder() : model.TextEncoder!;
        UNet2DConditionModel unet = model.NewUNet(DTypeOf(recipe.Optimization.Precision));
        unet.CheckpointActivations = recipe.Optimization.ActivationCheckpointing;
        return new DiffusionReplica(
            unet,
            text,
            model.Autoencoder,
            loss,
            model.NoiseSchedule,
            ConditioningDropout.Of(recipe.Model.GuidanceFamily),
            model.Tokenizer.Encode("", model.TextEncoder!.Config.MaxTokens).Ids,
            trainsText,
            recipe.Loss.ChangeWeight,
            model.Device
        );
    }

    // A new instance, with the weights that are not trained (and so are not shared) copied and frozen.
    private static AutoencoderKL Alike(AutoencoderKL instance, AutoencoderKL model)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (
            ((_, Parameter copy), (_, Parameter original)) in instance.named_parameters().Zip(model.named_parameters())
        )
        {
            copy.requires_grad = original.requires_grad;
            copy.copy_(original);
        }
        return instance;
    }

    /// <summary>The type that a precision computes in.</summary>
    public static ScalarType DTypeOf(TrainingPrecision precision) =>
        precision switch
        {
            TrainingPrecision.Fp16 => ScalarType.Float16,
            TrainingPrecision.Bf16 => ScalarType.BFloat16,
            _ => ScalarType.Float32,
        };
}
