using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Tests.Weights;

namespace InstructDiffusion.Engine.Tests.Loading;

public sealed class ShippedModelsTests
{
    [Fact]
    public void DefaultModelIn_NoDemo_IsTheReference()
    {
        using var program = new TempFolder();
        Directory.CreateDirectory(program.Of("models", "demo"));

        Assert.Equal(program.Of("models", "reference"), ModelLoader.DefaultModelIn(program.Path));
    }

    [Fact]
    public void DefaultModelIn_WholeDemo_IsTheDemo()
    {
        using var program = new TempFolder();
        Directory.CreateDirectory(program.Of("models", "demo"));
        File.WriteAllText(program.Of("models", "demo", "model_index.json"), "{}");

        Assert.Equal(program.Of("models", "demo"), ModelLoader.DefaultModelIn(program.Path));
    }

    [Fact]
    public void DefaultModelPath_BesideThisProgram_IsAModel() =>
        Assert.True(File.Exists(Path.Combine(ModelLoader.DefaultModelPath, "model_index.json")));
}
