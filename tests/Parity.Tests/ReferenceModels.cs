using System.Text.Json;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.ClipSeg;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.TestSupport;
using TorchSharp;

namespace InstructDiffusion.Parity.Tests;

/// <summary>Models of the set under test, loaded from their component folders.</summary>
internal static class ReferenceModels
{
    /// <param name="prepared">By the fast kernels rather than libtorch's own.</param>
    /// <param name="folder">The component's.</param>
    public static UNet2DConditionModel UNet(bool prepared, params string[] folder)
    {
        UNet2DConditionModel unet = Loaded(
            new UNet2DConditionModel(UNetConfig.Parse(Config(folder)), ModelPlacement.Cpu),
            "diffusion_pytorch_model.safetensors",
            folder
        );
        if (prepared)
        {
            unet.PrepareForInference();
        }
        return unet;
    }

    /// <inheritdoc cref="UNet" path="/param"/>
    public static AutoencoderKL Autoencoder(bool prepared, params string[] folder)
    {
        AutoencoderKL autoencoder = Loaded(
            new AutoencoderKL(AutoencoderConfig.Parse(Config(folder)), ModelPlacement.Cpu),
            "diffusion_pytorch_model.safetensors",
            folder
        );
        if (prepared)
        {
            autoencoder.PrepareForInference();
        }
        return autoencoder;
    }

    public static ClipTextModel ClipText(params string[] folder) =>
        Loaded(
            new ClipTextModel(ClipTextConfig.Parse(Config(folder)), ModelPlacement.Cpu),
            "model.safetensors",
            folder
        );

    public static ClipModel Clip(params string[] folder) =>
        Loaded(new ClipModel(ClipConfig.Parse(Config(folder)), ModelPlacement.Cpu), "model.safetensors", folder);

    public static ClipSegModel ClipSeg(params string[] folder) =>
        Loaded(new ClipSegModel(ClipSegConfig.Parse(Config(folder)), ModelPlacement.Cpu), "model.safetensors", folder);

    /// <summary>The image tower alone, out of a whole CLIP's file.</summary>
    public static ClipVisionModel ClipVision(params string[] folder)
    {
        using JsonDocument config = JsonDocument.Parse(Config(folder));
        string vision = config.RootElement.GetProperty("vision_config").GetRawText();
        var model = new ClipVisionModel(ClipVisionConfig.Parse(vision), ModelPlacement.Cpu);
        using SafetensorsFile source = SafetensorsFile.Open(Fixture.Default.Path([.. folder, "model.safetensors"]));
        using var tower = new MappedTensorSource(source);
        foreach (string name in source.Tensors.Keys.Where(n => n.StartsWith("vision_model.", StringComparison.Ordinal)))
        {
            tower.Add(name, name);
        }
        StateDictLoader.Load(model, tower);
        return model;
    }

    private static string Config(string[] folder) => File.ReadAllText(Fixture.Default.Path([.. folder, "config.json"]));

    private static TModel Loaded<TModel>(TModel model, string file, string[] folder)
        where TModel : torch.nn.Module
    {
        using ITensorSource source = SafetensorsFile.Open(Fixture.Default.Path([.. folder, file]));
        StateDictLoader.Load(model, source);
        return model;
    }
}
