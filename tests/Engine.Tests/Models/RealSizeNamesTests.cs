using System.Text.Json;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.TestSupport;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Models;

public sealed class RealSizeNamesTests
{
    [Fact]
    public void UNet_OnMeta_HasTheReferenceNamesAndShapes() =>
        AssertNames("unet", () => new UNet2DConditionModel(UNetConfig.StableDiffusion15Edit, ModelPlacement.Meta));

    [Fact]
    public void Autoencoder_OnMeta_HasTheReferenceNamesAndShapes() =>
        AssertNames("vae", () => new AutoencoderKL(AutoencoderConfig.StableDiffusion15, ModelPlacement.Meta));

    [Fact]
    public void ClipText_OnMeta_HasTheReferenceNamesAndShapes() =>
        AssertNames("text_encoder", () => new ClipTextModel(ClipTextConfig.ClipVitLarge14, ModelPlacement.Meta));

    private static void AssertNames(string component, Func<torch.nn.Module> create)
    {
        long before = Environment.WorkingSet;
        using torch.nn.Module model = create();
        long grown = Environment.WorkingSet - before;

        using JsonDocument keys = JsonDocument.Parse(
            File.ReadAllText(RepositoryRoot.Of("tests", "Fixtures", "real_size_keys.json"))
        );
        JsonElement reference = keys.RootElement.GetProperty(component);
        string[] expected =
        [
            .. reference
                .GetProperty("diffusers")
                .EnumerateObject()
                .Select(entry => $"{entry.Name} [{string.Join(",", entry.Value.EnumerateArray())}]")
                .Order(StringComparer.Ordinal),
        ];
        string[] actual =
        [
            .. model
                .state_dict()
                .Select(entry => $"{entry.Key} [{string.Join(",", entry.Value.shape)}]")
                .Order(StringComparer.Ordinal),
        ];

        Assert.Equal(expected, actual);
        long parameters = model.parameters().Sum(parameter => parameter.numel());
        Assert.Equal(reference.GetProperty("parameters").GetInt64(), parameters);
        Assert.True(grown < 200L << 20, $"listing names took {grown >> 20} MiB: weights were allocated");
    }
}
