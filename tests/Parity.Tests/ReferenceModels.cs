using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
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
    public static UNet2DConditionModel UNet(params string[] folder) =>
        Loaded(
            new UNet2DConditionModel(UNetConfig.Parse(Config(folder)), ModelPlacement.Cpu),
            "diffusion_pytorch_model.safetensors",
            folder
        );

    public static AutoencoderKL Autoencoder(params string[] folder) =>
        Loaded(
            new AutoencoderKL(AutoencoderConfig.Parse(Config(folder)), ModelPlacement.Cpu),
            "diffusion_pytorch_model.safetensors",
            folder
        );

    public static ClipTextModel ClipText(params string[] folder) =>
        Loaded(
            new ClipTextModel(ClipTextConfig.Parse(Config(folder)), ModelPlacement.Cpu),
            "model.safetensors",
            folder
        );

    private static string Config(string[] folder) => File.ReadAllText(Fixture.Default.Path([.. folder, "config.json"]));

    private static TModel Loaded<TModel>(TModel model, string file, string[] folder)
        where TModel : torch.nn.Module
    {
        using ITensorSource source = SafetensorsFile.Open(Fixture.Default.Path([.. folder, file]));
        StateDictLoader.Load(model, source);
        return model;
    }
}
