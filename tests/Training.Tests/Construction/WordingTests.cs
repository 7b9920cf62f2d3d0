using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Templates;

namespace InstructDiffusion.Training.Tests.Construction;

public sealed class WordingTests
{
    [Theory]
    [InlineData("red apple", "apple", "a red apple")]
    [InlineData("apple on the left", "apple", "an apple on the left")]
    [InlineData("walking people", "people", "some walking people")]
    [InlineData("wheels on the bus", "wheels", "some wheels on the bus")]
    [InlineData("glass", null, "a glass")]
    [InlineData("bus", null, "a bus")]
    [InlineData("the owl", null, "an owl")]
    [InlineData("two dogs", "dogs", "two dogs")]
    [InlineData("his hat", "hat", "his hat")]
    [InlineData("3 cups", "cups", "3 cups")]
    public void Indefinite_Phrase_HasTheRightArticle(string phrase, string? noun, string expected) =>
        Assert.Equal(expected, Wording.Indefinite(phrase, noun));

    [Theory]
    [InlineData("the owl", "owl")]
    [InlineData("an owl", "owl")]
    [InlineData("owl", "owl")]
    [InlineData("theatre seat", "theatre seat")]
    public void Definite_Phrase_LosesItsArticle(string phrase, string expected) =>
        Assert.Equal(expected, Wording.Definite(phrase));

    [Theory]
    [InlineData("red apple on the table", "red apple")]
    [InlineData("leftmost owl", "owl")]
    [InlineData("owl at the top", "owl")]
    [InlineData("on", "on")]
    [InlineData("top", "top")]
    public void Bare_Phrase_LosesItsPlace(string phrase, string expected) =>
        Assert.Equal(expected, Wording.Bare(phrase));

    [Theory]
    [InlineData("upper red apple", "red apple at the top")]
    [InlineData("left owl", "owl on the left")]
    [InlineData("left hand of the man", "left hand of the man")]
    [InlineData("owl", "owl")]
    [InlineData("top", "top")]
    public void Placed_Phrase_SaysItsPlaceBehindTheNoun(string phrase, string expected) =>
        Assert.Equal(expected, Wording.Placed(phrase));

    [Fact]
    public void Fill_UsersTemplates_TakeThePlaceOfTheProgramsAndChangeTheFingerprint()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("removal.json"), "{\"train\": [\"away with {object}\"], \"held_out\": [\"x\"]}");
        var own = new Wording(TaskTemplates.Removal, folder.Path);
        var usual = new Wording(TaskTemplates.Removal, folder: null);
        var words = new Dictionary<string, string>(StringComparer.Ordinal) { ["object"] = "owl" };

        Assert.Equal(["away with owl"], own.Fill(words));
        Assert.Contains("Remove the owl.", usual.Fill(words));
        Assert.NotEqual(own.Fingerprint, usual.Fingerprint);
        Assert.Throws<DatasetException>(() => new Wording(TaskTemplates.Removal, folder.Of("missing")));
    }
}
