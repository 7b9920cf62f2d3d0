using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.Training.Models;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Export;

/// <summary>Writes a trained model as a diffusers folder, which the server, the converter and the next stage read.</summary>
internal static class ModelFolder
{
    private static readonly string[] _tokenizerFiles =
    [
        "vocab.json",
        "merges.txt",
        "special_tokens_map.json",
        "tokenizer_config.json",
    ];

    /// <summary>Writes the modules of a model in fp32. The folder takes its name when it is complete; an older one is replaced.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="model">Its scheduler and tokenizer.</param>
    /// <param name="configs">The config.json of each component.</param>
    /// <param name="modules">The components to write.</param>
    /// <param name="sidecar">What tensors cannot say; null for an autoencoder alone.</param>
    public static void Write(
        string path,
        TrainingModel model,
        IReadOnlyDictionary<ModelComponent, string> configs,
        IReadOnlyDictionary<ModelComponent, nn.Module> modules,
        ModelSidecar? sidecar
    )
    {
        string final = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string temporary = final + ".tmp";
        if (Directory.Exists(temporary))
        {
            Directory.Delete(temporary, recursive: true);
        }
        foreach ((ModelComponent component, nn.Module module) in modules)
        {
            string folder = Directory.CreateDirectory(Path.Combine(temporary, component.FolderName())).FullName;
            File.WriteAllText(Path.Combine(folder, "config.json"), Indented(configs[component]));
            WriteWeights(Path.Combine(folder, $"{component.FileStem()}.safetensors"), module);
        }
        if (modules.ContainsKey(ModelComponent.UNet))
        {
            WriteShared(temporary, model);
        }
        sidecar?.Save(Path.Combine(temporary, ModelSidecar.FileName));
        if (Directory.Exists(final))
        {
            Directory.Delete(final, recursive: true);
        }
        Directory.Move(temporary, final);
    }

    private static void WriteWeights(string path, nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var tensors = new NamedTensors(path);
        foreach ((string name, Tensor value) in module.state_dict())
        {
            tensors.Add(name, value);
        }
        SafetensorsWriter.Write(path, tensors, ScalarType.Float32);
    }

    private static void WriteShared(string folder, TrainingModel model)
    {
        string scheduler = Directory.CreateDirectory(Path.Combine(folder, "scheduler")).FullName;
        File.WriteAllText(Path.Combine(scheduler, "scheduler_config.json"), Indented(model.SchedulerConfig));
        File.WriteAllText(
            Path.Combine(folder, "model_index.json"),
            Indented(
                """
                {"_class_name": "DiffusionPipeline", "_diffusers_version": "0.27.2",
                 "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
                 "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
                 "vae": ["diffusers", "AutoencoderKL"]}
                """
            )
        );
        if (model.TokenizerFolder is { } source)
        {
            string tokenizer = Directory.CreateDirectory(Path.Combine(folder, "tokenizer")).FullName;
            foreach (string name in _tokenizerFiles.Where(name => File.Exists(Path.Combine(source, name))))
            {
                File.Copy(Path.Combine(source, name), Path.Combine(tokenizer, name));
            }
        }
    }

    private static string Indented(string json) =>
        JsonNode.Parse(json)!.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }) + "\n";
}
