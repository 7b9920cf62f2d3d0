using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.RandomModels;

/// <summary>
/// Writes a model with random weights as a diffusers folder, with one component in memory at a time. PyTorch's default
/// initialisation shrinks what passes through a layer, so the activations stay finite in fp16 too.
/// </summary>
internal static class RandomModelWriter
{
    private const string ModelIndex = """
        {
          "_class_name": "StableDiffusionInstructPix2PixPipeline",
          "feature_extractor": [null, null],
          "requires_safety_checker": false,
          "safety_checker": [null, null],
          "scheduler": ["diffusers", "DDIMScheduler"],
          "text_encoder": ["transformers", "CLIPTextModel"],
          "tokenizer": ["transformers", "CLIPTokenizer"],
          "unet": ["diffusers", "UNet2DConditionModel"],
          "vae": ["diffusers", "AutoencoderKL"]
        }
        """;

    private const string NoiseScheduleConfig = """
        {
          "_class_name": "DDIMScheduler",
          "beta_end": 0.012,
          "beta_schedule": "scaled_linear",
          "beta_start": 0.00085,
          "clip_sample": false,
          "num_train_timesteps": 1000,
          "prediction_type": "epsilon",
          "set_alpha_to_one": false,
          "steps_offset": 1,
          "timestep_spacing": "leading"
        }
        """;

    private static readonly string[] TokenizerFiles =
    [
        "vocab.json",
        "merges.txt",
        "special_tokens_map.json",
        "tokenizer_config.json",
    ];

    /// <summary>Writes the folder.</summary>
    /// <param name="folder">Made if missing; must be empty.</param>
    /// <param name="shape">Width and depth.</param>
    /// <param name="type">Type of the weights on disk: fp32 or fp16.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <param name="say">Told what is being done, line by line.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="IOException">The folder is not empty, or cannot be written.</exception>
    public static void Write(
        string folder,
        ModelShape shape,
        ScalarType type,
        long seed,
        Action<string> say,
        CancellationToken cancellationToken
    )
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new IOException($"{folder} is not empty; a model is written to a folder of its own");
        }
        Directory.CreateDirectory(folder);
        WriteTokenizer(Path.Combine(folder, "tokenizer"));
        WriteComponent(ModelComponent.TextEncoder, new ClipTextModel(shape.TextEncoder, ModelPlacement.Cpu));
        WriteComponent(ModelComponent.Vae, new AutoencoderKL(shape.Autoencoder, ModelPlacement.Cpu));
        WriteComponent(ModelComponent.UNet, new UNet2DConditionModel(shape.UNet, ModelPlacement.Cpu));
        WriteText(Path.Combine(folder, "scheduler", "scheduler_config.json"), NoiseScheduleConfig);
        new ModelSidecar
        {
            Name = $"random-{shape.Name}",
            GuidanceFamily = GuidanceFamily.InstructDiffusion,
            Untrained = true,
            Notes = "Random weights, for measuring.",
        }.Save(Path.Combine(folder, ModelSidecar.FileName));
        // Last: only a complete folder looks like a model.
        WriteText(Path.Combine(folder, "model_index.json"), ModelIndex);

        void WriteComponent(ModelComponent component, nn.Module model)
        {
            // The weights cost memory only from here on.
            using nn.Module owned = model;
            cancellationToken.ThrowIfCancellationRequested();
            // Another seed for each, or equal layers of two networks would be equal.
            RandomWeights.Fill(model, seed + (long)component);
            say(
                $"{component.FolderName()}: {model.parameters().Sum(p => p.numel()):N0} random weights, written as {type}"
            );
            using NamedTensors tensors = TensorsOf(model, $"random {component.FolderName()}");
            string path = Path.Combine(folder, component.FolderName());
            WriteText(
                Path.Combine(path, "config.json"),
                ComponentConfig.Infer(component, tensors, HintsOf(shape)).ToString()
            );
            string file = Path.Combine(path, $"{component.FileStem()}.safetensors");
            SafetensorsWriter.Write(file, tensors, type, cancellationToken: cancellationToken);
        }
    }

    private static NamedTensors TensorsOf(nn.Module model, string origin)
    {
        var tensors = new NamedTensors(origin);
        foreach ((string name, Tensor tensor) in model.state_dict())
        {
            tensors.Add(name, tensor);
        }
        return tensors;
    }

    private static ComponentHints HintsOf(ModelShape shape) =>
        new()
        {
            Heads = shape.UNet.HeadCounts[0],
            TextHeads = shape.TextEncoder.Encoder.Heads,
            NormGroups = shape.UNet.NormGroups,
            ScalingFactor = shape.Autoencoder.ScalingFactor,
        };

    private static void WriteTokenizer(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string name in TokenizerFiles)
        {
            using Stream embedded =
                EmbeddedFile.Open(name) ?? throw new InvalidOperationException($"The engine was built without {name}");
            using FileStream file = File.Create(Path.Combine(folder, name));
            embedded.CopyTo(file);
        }
    }

    private static void WriteText(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text + "\n");
    }
}
