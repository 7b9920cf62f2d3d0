using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Templates;

namespace InstructDiffusion.Training.Tests.Data.Templates;

public sealed class TaskTemplatesTests
{
    public static TheoryData<string> Tasks => [.. TaskTemplates.Placeholders.Keys];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Load_BuiltIn_UsesEveryPlaceholderInEveryPhrasing(string task)
    {
        InstructionTemplates templates = TaskTemplates.Load(task, folder: null);

        Assert.All(
            templates.Train.Concat(templates.HeldOut),
            phrasing =>
                Assert.Equal(
                    TaskTemplates.Placeholders[task].Order(StringComparer.Ordinal),
                    InstructionTemplates.PlaceholdersOf(phrasing).Order(StringComparer.Ordinal)
                )
        );
        Assert.Empty(templates.Train.Intersect(templates.HeldOut));
    }

    [Theory]
    [InlineData("keypoints", 10)]
    [InlineData("segmentation", 11)]
    [InlineData("deblur", 10)]
    [InlineData("denoise", 10)]
    [InlineData("watermark", 10)]
    public void Load_BuiltIn_HasTheAuthorsNumberOfPhrasings(string task, int count) =>
        Assert.Equal(count, TaskTemplates.Load(task, folder: null).Train.Distinct().Count());

    [Fact]
    public void Load_Keypoints_EndSoThatClausesCanBeStrungTogether() =>
        Assert.All(
            TaskTemplates.Load("keypoints", folder: null).Train,
            phrasing => Assert.EndsWith(", ", phrasing, StringComparison.Ordinal)
        );

    [Fact]
    public void Load_UsersFolder_TakesThePlaceFileByFile()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("denoise.json"), """{"train": ["quiet it"], "held_out": ["calm it"]}""");

        Assert.Equal(["quiet it"], TaskTemplates.Load("denoise", folder.Path).Train);
        Assert.Equal(10, TaskTemplates.Load("deblur", folder.Path).Train.Count);
    }

    [Fact]
    public void Load_UsersFileWithAnotherPlaceholder_IsNamed()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("deblur.json"), """{"train": ["sharpen {object}"], "held_out": ["x"]}""");

        var thrown = Assert.Throws<DatasetException>(() => TaskTemplates.Load("deblur", folder.Path));

        Assert.Contains("sharpen {object}", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MissingFolder_IsNamed() =>
        Assert.Throws<DatasetException>(() => TaskTemplates.Load("deblur", "/nowhere"));
}
