namespace InstructDiffusion.Architecture.Tests;

public sealed class EngineAreasTests
{
    [Fact]
    public void Engine_Areas_KnowOnlyWhatTheyMay()
    {
        var files = SourceFile.Below("src/Engine");

        Assert.NotEmpty(files);
        Assert.Empty(EngineAreas.Violations(files));
    }

    [Theory]
    [InlineData("Models", "using InstructDiffusion.Engine.Weights;")]
    [InlineData("Models", "using InstructDiffusion.Engine.Imaging.Codecs;")]
    [InlineData("Weights", "using static InstructDiffusion.Engine.Models.UNet.UNetModel;")]
    [InlineData("Weights", "using Unet = InstructDiffusion.Engine.Models.UNet.UNetModel;")]
    [InlineData("Sampling", "class A { global::InstructDiffusion.Engine.Models.UNet.UNetModel? model; }")]
    [InlineData("Imaging", "class A { Sampling.NoiseSchedule? schedule; }")]
    [InlineData("Imaging", "class A { List<Engine.Editing.EditRequest> requests; }")]
    [InlineData("Batching", "using InstructDiffusion.Engine.Sampling;")]
    [InlineData("Editing", "using InstructDiffusion.Engine.Batching;")]
    [InlineData("Brandnew", "class A;")]
    public void Violations_ForbiddenName_IsReported(string area, string code) =>
        Assert.Single(EngineAreas.Violations([FileIn(area, code)]));

    [Theory]
    [InlineData("Models", "using InstructDiffusion.Engine.Tensors;")]
    [InlineData("Models", "using InstructDiffusion.Engine.Models.Layers;")]
    [InlineData(
        "Models",
        "// as Weights.CheckpointFile has it\n/* using InstructDiffusion.Engine.Weights; */ class A;"
    )]
    [InlineData("Models", "class A { string a = \"InstructDiffusion.Engine.Weights\"; }")]
    [InlineData("Models", "class A(Config config) { int b = config.Weights.Count; }")]
    [InlineData("Loading", "using InstructDiffusion.Engine.Weights; using InstructDiffusion.Engine.Editing;")]
    [InlineData("Batching", "using InstructDiffusion.Engine.Editing;")]
    public void Violations_AllowedName_IsNotReported(string area, string code) =>
        Assert.Empty(EngineAreas.Violations([FileIn(area, code)]));

    private static SourceFile FileIn(string area, string code) => new($"src/Engine/{area}/A.cs", code);
}
