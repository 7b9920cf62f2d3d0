using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.PaintByExample;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using TorchSharp;

namespace InstructDiffusion.TestSupport;

/// <summary>
/// Inpainting models in diffusers' layout: the reference data's 9-channel UNet, autoencoder and schedule, with encoders of random
/// weights that fit it. Pictures of 64 pixels are one piece.
/// </summary>
public static class TinyInpainters
{
    /// <summary>Features of the reference UNet's context.</summary>
    public const int Features = 16;

    private const string ImageEncoder = """
        {"hidden_size": 32, "image_size": 32, "intermediate_size": 64, "num_attention_heads": 4, "num_hidden_layers": 9,
         "patch_size": 8, "projection_dim": 16}
        """;

    /// <summary>A model that is told by a text.</summary>
    public static string WriteText(TempFolder folder, string name = "inpainting")
    {
        string path = WriteShared(folder, name);
        string config = File.ReadAllText(Fixture.Default.Path("diffusers", "text_encoder", "config.json"))
            .Replace("\"hidden_size\": 24", $"\"hidden_size\": {Features}", StringComparison.Ordinal);
        using var text = new ClipTextModel(ClipTextConfig.Parse(config), ModelPlacement.Cpu);
        Save(text, Directory.CreateDirectory(Path.Combine(path, "text_encoder")).FullName, config);
        Copy(path, "tokenizer", ["diffusers", "tokenizer"]);
        return path;
    }

    /// <summary>A Paint-by-Example.</summary>
    public static string WriteExemplar(TempFolder folder, string name = "paint-by-example")
    {
        string path = WriteShared(folder, name);
        using var encoder = new PaintByExampleEncoder(PaintByExampleConfig.Parse(ImageEncoder), ModelPlacement.Cpu);
        Save(encoder, Directory.CreateDirectory(Path.Combine(path, "image_encoder")).FullName, ImageEncoder);
        return path;
    }

    private static string WriteShared(TempFolder folder, string name)
    {
        string path = folder.Of(name);
        Copy(path, "unet", ["adjuncts", "inpaint_unet"]);
        Copy(path, "vae", ["diffusers", "vae"]);
        Copy(path, "scheduler", ["diffusers", "scheduler"]);
        return path;
    }

    private static void Copy(string path, string component, string[] from)
    {
        string to = Directory.CreateDirectory(Path.Combine(path, component)).FullName;
        foreach (string file in Directory.EnumerateFiles(Fixture.Default.Path(from)))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static void Save(torch.nn.Module module, string folder, string config)
    {
        using var scope = torch.NewDisposeScope();
        RandomWeights.Fill(module, seed: 5);
        using var tensors = new NamedTensors(folder);
        foreach ((string name, torch.Tensor value) in module.state_dict())
        {
            tensors.Add(name, value);
        }
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
    }
}
