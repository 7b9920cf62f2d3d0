using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tests.Weights;

namespace InstructDiffusion.Engine.Tests.Loading;

public sealed class ModelDescriptionsTests
{
    [Fact]
    public void Of_SidecarWithTasks_GivesEachItsPresetOrTheModelsOwnValues()
    {
        using var folder = new TempFolder();
        var removal = new TaskPreset
        {
            Name = "removal",
            TextGuidanceScale = 3,
            ImageGuidanceScale = 1,
            Steps = 20,
            Resolution = 128,
            Instructions = ["Remove the cat."],
        };
        TaskPreset style = removal with { Name = "style" };
        var sidecar = new ModelSidecar
        {
            Name = "m",
            GuidanceFamily = GuidanceFamily.InstructDiffusion,
            DefaultSteps = 30,
            DefaultResolution = 192,
            DefaultTextGuidanceScale = 4,
            DefaultImageGuidanceScale = 1.5,
            Tasks = ["denoising", "removal"],
            Presets = [removal, style],
        };
        sidecar.Save(ModelSidecar.PathFor(folder.Path));

        ModelDescription description = ModelDescriptions.Of(folder.Path, family: null);

        var denoising = new TaskPreset
        {
            Name = "denoising",
            TextGuidanceScale = 4,
            ImageGuidanceScale = 1.5,
            Steps = 30,
            Resolution = 192,
        };
        Assert.Equivalent(new[] { denoising, removal, style }, description.Tasks, strict: true);
    }

    [Fact]
    public void Of_ReferenceModel_IsUntrainedForNoTask()
    {
        ModelDescription description = ModelDescriptions.Of(ModelLoader.ReferenceModelPath, family: null);

        Assert.True(description.IsUntrainedReference);
        Assert.Empty(description.Tasks);
    }
}
