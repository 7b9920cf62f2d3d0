using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Export;

/// <summary>A run's checkpoint as a model that the server and the next stage load.</summary>
internal static class RunExport
{
    // Pictures the latents' spread is measured on; its error is below one per cent.
    private const int ScaleSamples = 512;

    /// <summary>Writes a diffusers folder.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="output">The folder to make.</param>
    /// <param name="step">Which checkpoint; null for the newest.</param>
    /// <param name="averaged">The averaged weights, or the last ones.</param>
    /// <param name="stop">Cancels between components.</param>
    /// <returns>The step that was exported.</returns>
    /// <exception cref="CheckpointException">There is no such checkpoint, or it is damaged.</exception>
    public static long Write(RunFolder folder, string output, long? step, bool averaged, CancellationToken stop)
    {
        TrainingRecipe recipe = RecipeFile.Load(folder.Recipe);
        var checkpoints = new CheckpointStore(folder.Checkpoints);
        long chosen = Choose(checkpoints.Steps(), step, folder.Root);
        using TrainingModel model = ModelAssembly.Build(recipe, CPU);
        checkpoints.CopyTo(chosen, averaged, new StageReplicas(recipe, model).Trained);
        stop.ThrowIfCancellationRequested();
        if (recipe.Stage == TrainingStage.Autoencoder)
        {
            WriteAutoencoder(recipe, model, output);
            return chosen;
        }
        var modules = new Dictionary<ModelComponent, nn.Module>
        {
            [ModelComponent.UNet] = model.UNet!,
            [ModelComponent.Vae] = model.Autoencoder,
            [ModelComponent.TextEncoder] = model.TextEncoder!,
        };
        ModelFolder.Write(output, model, model.Configs, modules, SidecarOf(recipe));
        return chosen;
    }

    private static long Choose(IReadOnlyList<long> steps, long? wanted, string run)
    {
        if (steps.Count == 0)
        {
            throw new CheckpointException($"{run}: has no checkpoint");
        }
        return wanted is not { } step ? steps[^1]
            : steps.Contains(step) ? step
            : throw new CheckpointException(
                $"{run}: has no checkpoint of step {step}; there are {string.Join(", ", steps)}"
            );
    }

    // Latents are scaled to unit variance before they are noised (Rombach et al. 2022, appendix G).
    private static void WriteAutoencoder(TrainingRecipe recipe, TrainingModel model, string output)
    {
        var modules = new Dictionary<ModelComponent, nn.Module> { [ModelComponent.Vae] = model.Autoencoder };
        if (!recipe.Model.TrainEncoder)
        {
            ModelFolder.Write(output, model, model.Configs, modules, sidecar: null);
            return;
        }
        IEditDataset dataset = DatasetFactory.Open(recipe.Data.Sources[0], recipe.Data.Resolution);
        double scale = 1 / LatentScale.Measure(model.Autoencoder, dataset, ScaleSamples, recipe.Seed);
        JsonObject config = JsonNode.Parse(model.Configs[ModelComponent.Vae])!.AsObject();
        config["scaling_factor"] = Math.Round(scale, 5);
        var configs = new Dictionary<ModelComponent, string> { [ModelComponent.Vae] = config.ToJsonString() };
        ModelFolder.Write(output, model, configs, modules, sidecar: null);
    }

    private static ModelSidecar SidecarOf(TrainingRecipe recipe) =>
        recipe.Model.Sidecar is { } path
            ? ModelSidecar.Load(path)
            : new ModelSidecar
            {
                Name = recipe.Name,
                GuidanceFamily = recipe.Model.GuidanceFamily,
                DefaultResolution = Math.Max(64, recipe.Data.Resolution),
            };
}
