using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;

namespace InstructDiffusion.Engine.Loading;

/// <summary>Writes a checkpoint as a diffusers folder that both diffusers and this engine load.</summary>
/// <param name="checkpoint">Complete components.</param>
/// <param name="options">What to make of it.</param>
/// <param name="written">Told the bytes of each tensor.</param>
/// <param name="notes">Told what the folder lacks.</param>
internal sealed class DiffusersFolderWriter(
    ModelCheckpoint checkpoint,
    ConversionOptions options,
    Action<long> written,
    List<string> notes
)
{
    private const int ClipVocabularySize = 49_408;
    private const string ClassVersion = "0.27.2"; // of diffusers, whose field names the configurations have

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };
    private static readonly string[] _tokenizerFiles =
    [
        "vocab.json",
        "merges.txt",
        "special_tokens_map.json",
        "tokenizer_config.json",
        "tokenizer.json",
        "added_tokens.json",
    ];

    /// <summary>Writes everything to a folder beside the output, which then takes its name.</summary>
    public void Write(string output, ModelSidecar? sidecar, CancellationToken cancellationToken)
    {
        var final = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output));
        var temporary = $"{final}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.tmp";
        try
        {
            Directory.CreateDirectory(temporary);
            foreach (var (component, tensors) in checkpoint.Components)
            {
                WriteComponent(temporary, component, tensors, cancellationToken);
            }
            WriteTokenizer(Path.Combine(temporary, "tokenizer"));
            WriteJson(Path.Combine(temporary, "scheduler", "scheduler_config.json"), SchedulerConfig());
            WriteJson(Path.Combine(temporary, "model_index.json"), ModelIndex(sidecar));
            sidecar?.Save(Path.Combine(temporary, ModelSidecar.FileName));
            Replace(temporary, final);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private void WriteComponent(
        string root,
        ModelComponent component,
        ITensorSource tensors,
        CancellationToken cancellationToken
    )
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, component.FolderName())).FullName;
        var config = Parse(checkpoint.ReadConfig(component, options.Hints), component.FolderName());
        WriteJson(Path.Combine(folder, "config.json"), config);
        var file = Path.Combine(folder, $"{component.FileStem()}.safetensors");
        SafetensorsWriter.Write(
            file,
            tensors,
            options.FloatType,
            written: written,
            cancellationToken: cancellationToken
        );
    }

    private JsonObject Parse(string text, string what)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new JsonException("not an object");
        }
        catch (JsonException e)
        {
            throw new CheckpointFormatException(
                checkpoint.Path,
                $"its configuration of the {what} is not a JSON object: {e.Message}",
                e
            );
        }
    }

    private void WriteTokenizer(string folder)
    {
        var source =
            options.TokenizerFolder
            ?? (checkpoint.Layout == CheckpointLayout.Diffusers ? Path.Combine(checkpoint.Path, "tokenizer") : null);
        if (source is not null && Directory.Exists(source))
        {
            _ = ClipTokenizer.Load(source); // refuses one that could not be used
            CopyTokenizer(folder, name => OpenIfExists(Path.Combine(source, name)));
        }
        else if (options.TokenizerFolder is { } missing)
        {
            throw new DirectoryNotFoundException($"No tokenizer at {missing}");
        }
        else if (VocabularySize() == ClipVocabularySize)
        {
            CopyTokenizer(folder, EmbeddedFile.Open);
        }
        else
        {
            notes.Add(
                $"No tokenizer was written: the vocabulary of {VocabularySize()?.ToString() ?? "an absent text encoder"} "
                    + $"is not CLIP's {ClipVocabularySize}; name the folder that holds it."
            );
        }
    }

    private static void CopyTokenizer(string folder, Func<string, Stream?> open)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in _tokenizerFiles)
        {
            using var from = open(name);
            if (from is not null)
            {
                using var to = File.Create(Path.Combine(folder, name));
                from.CopyTo(to);
            }
        }
    }

    private static FileStream? OpenIfExists(string path) => File.Exists(path) ? File.OpenRead(path) : null;

    private long? VocabularySize() =>
        checkpoint.Components.TryGetValue(ModelComponent.TextEncoder, out var text)
        && text.Tensors.TryGetValue("text_model.embeddings.token_embedding.weight", out var embedding)
            ? embedding.Shape[0]
            : null;

    private JsonObject SchedulerConfig()
    {
        var own = Path.Combine(checkpoint.Path, "scheduler", "scheduler_config.json");
        if (checkpoint.Layout == CheckpointLayout.Diffusers && File.Exists(own))
        {
            return Parse(File.ReadAllText(own), "scheduler");
        }
        // Every model of the family was trained on this schedule.
        return new JsonObject
        {
            ["_class_name"] = "DDIMScheduler",
            ["_diffusers_version"] = ClassVersion,
            ["beta_end"] = 0.012,
            ["beta_schedule"] = "scaled_linear",
            ["beta_start"] = 0.00085,
            ["clip_sample"] = false,
            ["num_train_timesteps"] = 1000,
            ["prediction_type"] = "epsilon",
            ["set_alpha_to_one"] = false,
            ["steps_offset"] = 1,
            ["timestep_spacing"] = "leading",
        };
    }

    private static JsonObject ModelIndex(ModelSidecar? sidecar) =>
        new()
        {
            // diffusers has no class of InstructDiffusion's guidance; to name another would claim a formula that is not meant.
            ["_class_name"] =
                sidecar?.GuidanceFamily == GuidanceFamily.InstructPix2Pix
                    ? "StableDiffusionInstructPix2PixPipeline"
                    : "DiffusionPipeline",
            ["_diffusers_version"] = ClassVersion,
            ["feature_extractor"] = new JsonArray(null, null),
            ["requires_safety_checker"] = false,
            ["safety_checker"] = new JsonArray(null, null),
            ["scheduler"] = new JsonArray("diffusers", "DDIMScheduler"),
            ["text_encoder"] = new JsonArray("transformers", "CLIPTextModel"),
            ["tokenizer"] = new JsonArray("transformers", "CLIPTokenizer"),
            ["unet"] = new JsonArray("diffusers", "UNet2DConditionModel"),
            ["vae"] = new JsonArray("diffusers", "AutoencoderKL"),
        };

    private static void WriteJson(string path, JsonNode json)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, json.ToJsonString(_indented) + "\n");
    }

    private static void Replace(string temporary, string final)
    {
        if (File.Exists(final))
        {
            File.Delete(final);
        }
        if (!Directory.Exists(final))
        {
            Directory.Move(temporary, final);
            return;
        }
        var old = temporary + ".old";
        Directory.Move(final, old);
        Directory.Move(temporary, final);
        Directory.Delete(old, recursive: true);
    }
}
