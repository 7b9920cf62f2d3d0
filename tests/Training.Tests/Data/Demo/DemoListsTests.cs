using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Data.Templates;

namespace InstructDiffusion.Training.Tests.Data.Demo;

/// <summary>The curated lists and the phrasings that the program carries.</summary>
public sealed class DemoListsTests
{
    private const string Folder = "src/Training/Data/Demo";

    public static TheoryData<string> TemplateFiles => [.. DemoTask.DefaultWeights.Keys.Append(DemoCaptionDataset.Task)];

    [Fact]
    public void Nouns_AreDistinctAndBeginWithATrainedPicture()
    {
        IReadOnlyList<DemoNoun> nouns = Read<IReadOnlyList<DemoNoun>>("Lists/objects.json");

        Assert.InRange(nouns.Count, 48, 80);
        Assert.Equal(nouns.Count, nouns.Select(noun => noun.Noun).Distinct().Count());
        Assert.All(nouns, noun => Assert.False(noun.Glyphs[0].HeldOut));
        string[] files = [.. nouns.SelectMany(noun => noun.Glyphs).Select(glyph => glyph.File)];
        Assert.Equal(files.Length, files.Distinct().Count());
        Assert.True(nouns.Count(noun => noun.Glyphs.Any(glyph => glyph.HeldOut)) >= 20);
    }

    [Fact]
    public void Photographs_AllHaveAuthorAndLicence()
    {
        IReadOnlyList<DemoPhotograph> photographs = Read<IReadOnlyList<DemoPhotograph>>("Lists/photographs.json");

        Assert.InRange(photographs.Count, 50, 120);
        Assert.Equal(photographs.Count, photographs.Select(photograph => photograph.Name).Distinct().Count());
        Assert.All(photographs, photograph => Assert.NotEmpty(photograph.Author));
        Assert.All(photographs, photograph => Assert.NotEmpty(photograph.Licence));
        Assert.InRange((double)photographs.Count(photograph => photograph.HeldOut) / photographs.Count, 0.12, 0.25);
    }

    [Theory]
    [MemberData(nameof(TemplateFiles))]
    public void Templates_AreShortLowerCaseAndHeldApart(string task)
    {
        InstructionTemplates templates = InstructionTemplates.Load(
            RepositoryRoot.Of(Folder, "Templates", $"{task}.json"),
            ["object", "a_object", "a_new", "color", "part", "place", "objects"]
        );
        string[] all = [.. templates.Train, .. templates.HeldOut];

        Assert.True(templates.Train.Count >= 6);
        Assert.True(templates.HeldOut.Count >= 2);
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(all, phrasing => Assert.Equal(phrasing.ToLowerInvariant(), phrasing));
        Assert.All(all, phrasing => Assert.InRange(phrasing.Split(' ').Length, 1, 16));
    }

    private static T Read<T>(string path) => JsonFiles.Read<T>(RepositoryRoot.Of(Folder, path));
}
