using System.Text.Json;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Tests.Scoring;

public sealed class ScoreCommandTests : IDisposable
{
    private readonly ScoringWorkshop _workshop = new();

    private string Of(string name) => _workshop.Folder.Of(name);

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public async Task Score_FromPicturesToSelectedShards_IsReadByTraining()
    {
        await Features();
        await Ok("fit", "knn", "--features", Of("features"), "--out", Of("knn.safetensors"), "--pca", "0.9");
        await Ok(
            "fit",
            "gmm",
            "--features",
            Of("features"),
            "--out",
            Of("gmm.safetensors"),
            "--components",
            "2",
            "--pca",
            "0.9"
        );
        await Ok(
            "fit",
            "mbc",
            "--features",
            Of("features"),
            "--out",
            Of("mbc.safetensors"),
            "--epochs",
            "3",
            "--classifiers",
            "3"
        );
        await Ok("fit", "progress", "--features", Of("features"), "--out", Of("progress.safetensors"), "--epochs", "3");
        await Scores([.. ((string[])["knn", "gmm", "mbc", "progress"]).Select(kind => Of($"{kind}.safetensors"))]);
        File.WriteAllText(
            Of("rules.json"),
            """
            {
              "rules": [{"score": "knn_target", "at_least": 0.1, "ranked": true}, {"score": "clip_image", "at_least": -1}],
              "draw": {"count": 8, "by": {"knn_target": 1, "mbc_target": 1}}
            }
            """
        );
        await Select("kept");
        await Select("again");

        string[] report = ["report", "--pairs", Of("pairs"), "--scores", Of("scores"), "--selection", Of("kept")];
        await Ok([.. report, "--out", Of("report"), "--examples", "2"]);

        StageSummary summary = StageSummary.Of(Of("kept"));
        Assert.Equal(8, summary.Kept.Values.Sum());
        Assert.Equal(24, summary.Kept.Values.Sum() + summary.Rejected.Values.Sum());
        Assert.Equal(1, summary.Rejected["cannot be read"]);
        Assert.Equal(1, summary.Rejected["no pair"]);
        Assert.True(summary.Rejected["not drawn"] > 0);
        Assert.Equal(_workshop.Hashes("kept").OrderBy(f => f.Key), _workshop.Hashes("again").OrderBy(f => f.Key));
        ShardSet kept = ShardSet.Open(Of("kept"));
        Assert.All(
            kept.Records,
            record => Assert.Equal(12, record.Scores.Count + (record.SourceCaption is null ? 3 : 0))
        );
        Assert.All(
            kept.Records,
            record => Assert.Equal(["pairs", "scores", "selection"], record.Stages.Select(s => s.Stage))
        );
        int masked = kept.Records.ToList().FindIndex(record => record.Kind == PairKinds.Removal);
        Assert.True(masked < 0 || kept.Has(masked, ShardMember.Mask));
        int exit = await CommandLine.RunAsync(
            ["data", "check", Of("kept"), "--kind", "ieiw"],
            TextWriter.Null,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(0, exit);
        AssertReport(summary);
    }

    [Fact]
    public async Task Select_ScoresOfOtherPairs_AreRefused()
    {
        await Scores([]);
        _workshop.Run(new PairStage(3, "others"), "others");
        File.WriteAllText(Of("rules.json"), "{}");

        int exit = await _workshop.Call([
            "select",
            "--pairs",
            Of("others"),
            "--scores",
            Of("scores"),
            "--rules",
            Of("rules.json"),
            "--out",
            Of("kept"),
        ]);

        Assert.Equal(1, exit);
        Assert.Contains("the scores of other pairs", _workshop.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_FolderThatHoldsNoScores_IsRefused()
    {
        _workshop.Run(new PairStage(3), "pairs");

        int exit = await _workshop.Call([
            "report",
            "--pairs",
            Of("pairs"),
            "--scores",
            Of("pairs"),
            "--out",
            Of("report"),
        ]);

        Assert.Equal(1, exit);
        Assert.Contains("what stage 'pairs' made, not scores", _workshop.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fit", "best", "--features", "f", "--out", "x")]
    [InlineData("fit", "knn", "--features", "f", "--out", "x", "--pca", "1.5")]
    [InlineData("fit", "knn", "--features", "f", "--out", "x", "--neighbours", "0")]
    [InlineData("pairs", "--pairs", "p", "--out", "x")]
    public async Task Score_BadArguments_AreRefused(params string[] args) =>
        Assert.Equal(2, await _workshop.Call(args));

    private void AssertReport(StageSummary summary)
    {
        string page = File.ReadAllText(Path.Combine(Of("report"), "report.html"));
        Assert.DoesNotContain("<b>sun", page, StringComparison.Ordinal);
        Assert.Contains("remove the &lt;b&gt;sun&lt;/b&gt; &amp; &quot;moon&quot;", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.Contains("src=\"data:image/jpeg;base64,", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        string links = page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
        Assert.DoesNotContain(
            "http",
            links.Replace("http-equiv", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );

        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Of("report"), "report.json")));
        JsonElement root = json.RootElement;
        Assert.Equal(24, root.GetProperty("kinds").EnumerateArray().Sum(kind => kind.GetProperty("pairs").GetInt32()));
        Assert.Equal(8, root.GetProperty("kinds").EnumerateArray().Sum(kind => kind.GetProperty("kept").GetInt32()));
        Dictionary<string, long> reasons = root.GetProperty("reasons")
            .EnumerateArray()
            .ToDictionary(r => r.GetProperty("reason").GetString()!, r => r.GetProperty("pairs").GetInt64());
        Assert.Equal(summary.Rejected.OrderBy(r => r.Key), reasons.OrderBy(r => r.Key));
        JsonElement gap = root.GetProperty("figures")
            .EnumerateArray()
            .Single(figures => figures.GetProperty("score").GetString() == "knn_gap");
        int[] bars =
        [
            .. gap.GetProperty("histogram").GetProperty("all").EnumerateArray().Select(bar => bar.GetInt32()),
        ];
        Assert.Equal(22, bars.Sum());
        double[] shown =
        [
            .. gap.GetProperty("best").EnumerateArray().Select(pair => pair.GetProperty("value").GetDouble()),
        ];
        Assert.Equal(gap.GetProperty("quantiles")[0].GetDouble(), shown[0]); // the smallest gap is the best
    }

    private Task Features() =>
        Ok("features", "--pictures", _workshop.Pictures(), "--clip", _workshop.Clip, "--out", Of("features"));

    private async Task Scores(string[] giqa)
    {
        _workshop.Run(new PairStage(24), "pairs");
        string[] models = giqa.Length > 0 ? ["--giqa", .. giqa] : [];
        await Ok(["pairs", "--pairs", Of("pairs"), "--clip", _workshop.Clip, .. models, "--out", Of("scores")]);
    }

    private Task Select(string name) =>
        Ok("select", "--pairs", Of("pairs"), "--scores", Of("scores"), "--rules", Of("rules.json"), "--out", Of(name));

    private async Task Ok(params string[] args)
    {
        int exit = await _workshop.Call(args);
        Assert.True(exit == 0, $"{string.Join(' ', args)}: {exit}: {_workshop.Errors}");
    }
}
