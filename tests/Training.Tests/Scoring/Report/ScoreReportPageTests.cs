using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Scoring.Report;

namespace InstructDiffusion.Training.Tests.Scoring.Report;

public sealed class ScoreReportPageTests
{
    private const string Hostile = "</figcaption><script>alert(1)</script><img src=http://x onerror='a'>";

    [Fact]
    public void Build_HostileTextsEverywhere_AreEncoded()
    {
        var example = new ExamplePair("id", 1.5, Hostile, Hostile);
        var report = new ScoreReport
        {
            Scores = "s",
            Selection = "t",
            Models = [new ModelNote("clip", Hostile, Hostile)],
            Kinds = [new KindCount(Hostile, 3, 1)],
            Reasons = [new ReasonCount(Hostile, 2)],
            Figures =
            [
                new(Hostile, 1, 1, null, [1, 1, 1, 1, 1, 1, 1], ScoreHistogram.Of([1], []), [example], [example]),
            ],
        };

        string page = new ScoreReportPage(report, _ => null).Build();

        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.Equal(9, page.Split("&lt;/figcaption&gt;&lt;script&gt;").Length - 1);
        Assert.Contains("cannot be read", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_NoSelectionAndNoScores_SaysSo()
    {
        var report = new ScoreReport
        {
            Scores = "s",
            Models = [],
            Kinds = [new KindCount("removal", 1200, 1200)],
            Reasons = [],
            Figures = [],
        };

        string page = new ScoreReportPage(report, _ => null).Build();

        Assert.Contains("1,200 pairs scored, nothing selected yet", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Left out", page, StringComparison.Ordinal);
        Assert.EndsWith("</html>\n", page, StringComparison.Ordinal);
    }
}
