using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Evaluation;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed class EditSettingsTests
{
    private static readonly ModelDescription Model = new()
    {
        Name = "one",
        IsUntrainedReference = false,
        Family = GuidanceFamily.InstructDiffusion,
        DefaultSteps = 12,
        DefaultTextGuidanceScale = 4,
        DefaultImageGuidanceScale = 1,
        Tasks =
        [
            new()
            {
                Name = "removal",
                Steps = 20,
                TextGuidanceScale = 2,
                ImageGuidanceScale = 1.5,
                Resolution = 64,
            },
        ],
    };

    [Fact]
    public void Of_Preset_ComesBeforeTheDefaults()
    {
        Assert.Equal(new EditSettings(20, 2, 1.5, "ddim"), EditSettings.Of(Model, "removal"));
        Assert.Equal(new EditSettings(12, 4, 1, "ddim"), EditSettings.Of(Model, "denoise"));
    }

    [Fact]
    public void GridOf_IsEveryCombination()
    {
        EditSettings settings = EditSettings.Of(Model, "removal");

        Assert.Equal([settings], SettingsSweep.GridOf(settings, [], [], [], []));
        Assert.Equal(
            [(5, 1, 1.5), (5, 3, 1.5), (9, 1, 1.5), (9, 3, 1.5)],
            SettingsSweep.GridOf(settings, [5, 9], [1, 3, 1], [], []).Select(s => (s.Steps, s.TextScale, s.ImageScale))
        );
        Assert.Equal(
            [(5, 7L), (5, 8L)],
            SettingsSweep.GridOf(settings, [5], [], [], [7, 8]).Select(s => (s.Steps, s.NoiseSeed!.Value))
        );
    }
}
