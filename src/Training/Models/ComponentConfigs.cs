using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Models;

/// <summary>The config.json of each part of a recipe's model: the checkpoint's where that has the part, else the recipe's own.</summary>
internal static class ComponentConfigs
{
    /// <summary>A checkpoint that a recipe names; null where it names none.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public static ModelCheckpoint? Open(string? path, string field)
    {
        if (path is null)
        {
            return null;
        }
        return Directory.Exists(path) || File.Exists(path)
            ? ModelCheckpoint.Open(path)
            : throw new RecipeException($"{field}: there is nothing at {path}");
    }

    /// <summary>A folder of a model's folder; null where there is none.</summary>
    public static string? FolderIn(string? model, string name) =>
        model is not null && Directory.Exists(Path.Combine(model, name)) ? Path.Combine(model, name) : null;

    /// <summary>Where the tokenizer's files are; null for CLIP's own.</summary>
    public static string? TokenizerFolder(TrainingRecipe recipe) =>
        recipe.Model.Tokenizer ?? FolderIn(recipe.Model.Start, "tokenizer");

    /// <summary>The tokenizer of <see cref="TokenizerFolder"/>.</summary>
    public static ClipTokenizer Tokenizer(string? folder) =>
        folder is null ? ClipTokenizer.Default : ClipTokenizer.Load(folder);

    /// <summary>Whether a checkpoint has a part's weights.</summary>
    public static bool Has(ModelCheckpoint? checkpoint, ModelComponent part) =>
        checkpoint?.Components.ContainsKey(part) == true;

    /// <summary>Of the autoencoder.</summary>
    public static string Autoencoder(TrainingRecipe recipe, ModelCheckpoint? checkpoint) =>
        Has(checkpoint, ModelComponent.Vae)
            ? checkpoint!.ReadConfig(ModelComponent.Vae)
            : Shape(recipe.Model.Architecture.Vae, "vae", checkpoint);

    /// <summary>Of the text encoder; one that starts at random has the tokenizer's vocabulary.</summary>
    public static string TextEncoder(TrainingRecipe recipe, ModelCheckpoint? start, ClipTokenizer tokenizer) =>
        Has(start, ModelComponent.TextEncoder)
            ? start!.ReadConfig(ModelComponent.TextEncoder)
            : With(
                Shape(recipe.Model.Architecture.TextEncoder, "text_encoder", start),
                ("vocab_size", tokenizer.VocabularySize),
                ("bos_token_id", tokenizer.BeginId),
                ("eos_token_id", tokenizer.EndId),
                ("pad_token_id", tokenizer.PadId)
            );

    /// <summary>Of the UNet: a text-to-image one is extended for editing, the authors' way (specification 1.5).</summary>
    /// <param name="recipe">Says what the UNet is for.</param>
    /// <param name="start">May have it.</param>
    /// <param name="latentChannels">Of the autoencoder.</param>
    /// <returns>The text, and whether its input channels are more than the checkpoint's.</returns>
    /// <exception cref="RecipeException">Its channels do not fit the stage.</exception>
    public static (string Config, bool IsExtended) UNet(
        TrainingRecipe recipe,
        ModelCheckpoint? start,
        int latentChannels
    )
    {
        bool has = Has(start, ModelComponent.UNet);
        string config = has
            ? start!.ReadConfig(ModelComponent.UNet)
            : Shape(recipe.Model.Architecture.UNet, "unet", start);
        bool edits = recipe.Stage is TrainingStage.Task or TrainingStage.Alignment;
        int wanted = edits ? 2 * latentChannels : latentChannels;
        UNetConfig shape = UNetConfig.Parse(config);
        if (has && edits && shape.InChannels == latentChannels && shape.OutChannels == latentChannels)
        {
            return (With(config, ("in_channels", wanted)), true);
        }
        return shape.InChannels == wanted && shape.OutChannels == latentChannels
            ? (config, false)
            : throw new RecipeException(
                $"unet: {recipe.Stage} with an autoencoder of {latentChannels} latent channels needs {wanted} input and "
                    + $"{latentChannels} output channels, it has {shape.InChannels} and {shape.OutChannels}"
            );
    }

    private static string Shape(JsonElement? shape, string part, ModelCheckpoint? start) =>
        shape?.GetRawText()
        ?? throw new RecipeException(
            start is null
                ? $"model.architecture.{part}: missing, and there is no checkpoint to take it from"
                : $"{start.Path} has no {part}: give its shape in model.architecture.{part}"
        );

    private static string With(string config, params ReadOnlySpan<(string Field, int Value)> fields)
    {
        JsonObject json = JsonNode.Parse(config)!.AsObject();
        foreach ((string field, int value) in fields)
        {
            json[field] = value;
        }
        return json.ToJsonString();
    }
}
