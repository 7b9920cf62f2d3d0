using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Scoring.Selection;

namespace InstructDiffusion.Training.Tests.Scoring.Selection;

public sealed class SelectionRulesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("paper.json", 4)]
    [InlineData("instruct-pix2pix.json", 4)]
    [InlineData("demo.json", 3)]
    public void Read_ShippedRules_AreValid(string name, int rules) =>
        Assert.Equal(rules, SelectionRules.Read(RepositoryRoot.Of("recipes", "selection", name)).Rules.Count);

    [Theory]
    [InlineData("""{"rules": [{"score": "a"}]}""", "needs at_least or at_most")]
    [InlineData("""{"rules": [{"score": "a", "at_least": 2, "at_most": 1}]}""", "not above one another")]
    [InlineData("""{"rules": [{"score": "a", "at_least": 2, "ranked": true}]}""", "ranks lie between 0 and 1")]
    [InlineData("""{"per_origin": {"most": 0, "best": "a"}}""", "per_origin.most")]
    [InlineData("""{"draw": {"by": {"a": 1}}}""", "either count or share")]
    [InlineData("""{"draw": {"count": 1, "share": 0.5, "by": {"a": 1}}}""", "either count or share")]
    [InlineData("""{"draw": {"share": 1.5, "by": {"a": 1}}}""", "share between 0 and 1")]
    [InlineData("""{"draw": {"count": 1}}""", "draw.by")]
    [InlineData("""{"draw": {"count": 1, "by": {"a": 0}}}""", "weights above 0")]
    [InlineData("""{"draw": {"count": 1, "by": {"a": 1}, "strength": 21}}""", "draw.strength")]
    [InlineData("""{"rulez": []}""", "rulez")]
    public void Read_RulesThatCannotBe_SaysWhich(string json, string part)
    {
        string path = _folder.Of("rules.json");
        File.WriteAllText(path, json);

        var error = Assert.Throws<ScoringException>(() => SelectionRules.Read(path));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains("rules.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoFile_SaysSo()
    {
        var error = Assert.Throws<ScoringException>(() => SelectionRules.Read(_folder.Of("none.json")));

        Assert.Contains("not found", error.Message, StringComparison.Ordinal);
    }
}
