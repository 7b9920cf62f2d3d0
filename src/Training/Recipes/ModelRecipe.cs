using System.Text.Json;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Training.Recipes;

/// <summary>
/// The model. Each part comes from <see cref="Start"/> where that has it, else it is built from <see cref="Architecture"/> with
/// random weights.
/// </summary>
public sealed record ModelRecipe
{
    /// <summary>Checkpoint that training starts from: a diffusers folder or an ldm file. A 4-channel UNet is extended for editing.</summary>
    public string? Start { get; init; }

    /// <summary>Folder or file with the autoencoder, when not that of <see cref="Start"/>.</summary>
    public string? Autoencoder { get; init; }

    /// <summary>Folder with vocab.json and merges.txt, when not that of <see cref="Start"/>; CLIP's own where neither is.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Shapes of the parts that start at random.</summary>
    public ArchitectureRecipe Architecture { get; init; } = new();

    /// <summary>Train the text encoder along with the UNet (the authors' <c>cond_stage_trainable</c>).</summary>
    public bool TrainTextEncoder { get; init; }

    /// <summary>
    /// In the autoencoder stage, train the encoder too. False trains the decoder alone: latents stay what they are, and so does
    /// every diffusion model that was trained on them.
    /// </summary>
    public bool TrainEncoder { get; init; } = true;

    /// <summary>Decides which conditions are dropped together, and how the model is sampled later.</summary>
    public GuidanceFamily GuidanceFamily { get; init; } = GuidanceFamily.InstructDiffusion;

    /// <summary>
    /// An <c>instructdiffusion.json</c> that is exported with the model: its presets and defaults. Null: the name of the run, the
    /// guidance family and the resolution.
    /// </summary>
    public string? Sidecar { get; init; }

    internal void Check(ProblemList problems, TrainingStage stage)
    {
        problems.Require(
            stage != TrainingStage.Alignment || Start is not null,
            "model.start",
            "alignment fine-tunes a trained model: name it"
        );
        problems.Require(
            stage == TrainingStage.Autoencoder || Start is not null || Autoencoder is not null,
            "model.autoencoder",
            "a diffusion model needs a trained autoencoder: name it here, or a whole model in model.start"
        );
        problems.Require(
            Start is not null
                || (stage == TrainingStage.Autoencoder ? Architecture.Vae is not null : Architecture.UNet is not null),
            "model",
            "name a checkpoint in model.start, or shapes in model.architecture"
        );
        Architecture.Check(problems);
    }
}

/// <summary>Shapes as diffusers' and transformers' config.json have them.</summary>
public sealed record ArchitectureRecipe
{
    /// <summary><c>unet/config.json</c>.</summary>
    [JsonPropertyName("unet")]
    public JsonElement? UNet { get; init; }

    /// <summary><c>vae/config.json</c>; the scaling factor is measured after training.</summary>
    public JsonElement? Vae { get; init; }

    /// <summary><c>text_encoder/config.json</c>.</summary>
    public JsonElement? TextEncoder { get; init; }

    /// <summary><c>scheduler/scheduler_config.json</c>: the noise schedule and what is predicted.</summary>
    public JsonElement? Scheduler { get; init; }

    internal void Check(ProblemList problems)
    {
        (string Field, JsonElement? Value)[] parts =
        [
            ("unet", UNet),
            ("vae", Vae),
            ("text_encoder", TextEncoder),
            ("scheduler", Scheduler),
        ];
        foreach ((string field, JsonElement? value) in parts)
        {
            problems.Require(
                value is null or { ValueKind: JsonValueKind.Object },
                $"model.architecture.{field}",
                "must be an object, as a config.json is"
            );
        }
    }
}
