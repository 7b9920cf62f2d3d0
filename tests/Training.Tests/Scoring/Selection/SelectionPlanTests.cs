using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Scoring.Selection;

namespace InstructDiffusion.Training.Tests.Scoring.Selection;

public sealed class SelectionPlanTests
{
    [Fact]
    public void Decide_Thresholds_GiveTheFirstBrokenRuleAsReasonAndAllInDetail()
    {
        var rules = new SelectionRules
        {
            Rules = [new("aesthetic_target") { AtLeast = 5.5 }, new("aesthetic_gap") { AtMost = 0.5 }],
        };
        ShardRecord[] records =
        [
            Record("good", ("aesthetic_source", 5.7), ("aesthetic_target", 5.5)),
            Record("ugly", ("aesthetic_source", 6), ("aesthetic_target", 4.25)),
            Record("far", ("aesthetic_source", 7), ("aesthetic_target", 6)),
            Record("better", ("aesthetic_source", 5), ("aesthetic_target", 6)),
            Record("none", ("clip_image", 1)),
        ];

        IReadOnlyList<RejectionNote?> reasons = new SelectionPlan(rules, seed: 1).Decide(records);

        Assert.Null(reasons[0]);
        Assert.Equal(
            new("aesthetic_target below 5.5", "aesthetic_target 4.25 < 5.5; aesthetic_gap 1.75 > 0.5"),
            reasons[1]
        );
        Assert.Equal("aesthetic_gap above 0.5", reasons[2]?.Reason);
        Assert.Equal("aesthetic_gap above 0.5", reasons[3]?.Reason);
        Assert.Equal(new("no aesthetic_target", "no aesthetic_target; no aesthetic_gap"), reasons[4]);
    }

    [Fact]
    public void Decide_RanksOfBothPictures_AreOnOneScale()
    {
        // The eight values of knn in order: t1 s1 s2 t2 t3 s3 s4 t4, of ranks 1/16, 3/16, …, 15/16.
        var rules = new SelectionRules
        {
            Rules =
            [
                new("knn_target") { AtLeast = 0.25, Ranked = true },
                new("knn_gap") { AtMost = 0.125, Ranked = true },
            ],
        };
        ShardRecord[] records =
        [
            Record("1", ("knn_source", 2), ("knn_target", 1)),
            Record("2", ("knn_source", 3), ("knn_target", 4)),
            Record("3", ("knn_source", 6), ("knn_target", 5)),
            Record("4", ("knn_source", 7), ("knn_target", 1e12)),
        ];

        IReadOnlyList<RejectionNote?> reasons = new SelectionPlan(rules, seed: 1).Decide(records);

        Assert.Equal("rank of knn_target below 0.25", reasons[0]?.Reason);
        Assert.Equal([null, null, null], reasons.Skip(1)); // the gap to an outlier is one rank
    }

    [Fact]
    public void Decide_RankWithinKind_MeasuresEachKindByItself()
    {
        var rules = new SelectionRules { Rules = [new("gmm_target") { AtLeast = 0.5, Ranked = true }] };
        ShardRecord[] records =
        [
            Record("a", ("gmm_target", -1e6)),
            Record("b", ("gmm_target", -2e6)),
            Record("c", ("gmm_target", 5)) with
            {
                Kind = PairKinds.Web,
            },
            Record("d", ("gmm_target", 4)) with
            {
                Kind = PairKinds.Web,
            },
        ];

        string[] Kept(SelectionRules by) => KeptBy(new SelectionPlan(by, seed: 1), records);

        Assert.Equal(["c", "d"], Kept(rules));
        Assert.Equal(["a", "c"], Kept(rules with { RankWithinKind = true }));
    }

    [Fact]
    public void Decide_PerOrigin_KeepsTheBestOfEachPicture()
    {
        var rules = new SelectionRules { PerOrigin = new(2, "clip_direction") };
        ShardRecord[] records =
        [
            Record("a", ("clip_direction", 0.1)) with
            {
                Origin = new("one"),
            },
            Record("b", ("clip_direction", 0.3)) with
            {
                Origin = new("one"),
            },
            Record("c", ("clip_direction", 0.2)) with
            {
                Origin = new("one"),
            },
            Record("d", ("clip_direction", 0)) with
            {
                Origin = new("two"),
            },
            Record("e"),
        ];

        IReadOnlyList<RejectionNote?> reasons = new SelectionPlan(rules, seed: 1).Decide(records);

        Assert.Equal(new("more than 2 of one picture", "clip_direction 0.1, of one"), reasons[0]);
        Assert.All(reasons.Skip(1), Assert.Null);
    }

    [Fact]
    public void Decide_PairsRejectedBefore_StayRejectedAndDoNotMoveRanks()
    {
        var rules = new SelectionRules { Rules = [new("gmm_target") { AtLeast = 0.5, Ranked = true }] };
        var note = new RejectionNote("cannot be read", "x.png: truncated");
        ShardRecord[] records =
        [
            Record("a", ("gmm_target", 100)) with
            {
                Rejection = note,
            },
            Record("b", ("gmm_target", 1)),
            Record("c", ("gmm_target", 2)),
        ];

        IReadOnlyList<RejectionNote?> reasons = new SelectionPlan(rules, seed: 1).Decide(records);

        Assert.Equal(note, reasons[0]);
        Assert.NotNull(reasons[1]);
        Assert.Null(reasons[2]);
    }

    [Fact]
    public void Decide_SameSeed_DrawsTheSamePairsInAnyOrderOfTheirs()
    {
        ShardRecord[] records = Many(200);
        SelectionRules rules = Draw(50, strength: 1);

        string[] first = KeptBy(new SelectionPlan(rules, seed: 5), records);
        string[] turned = KeptBy(new SelectionPlan(rules, seed: 5), [.. records.Reverse()]);
        string[] other = KeptBy(new SelectionPlan(rules, seed: 6), records);

        Assert.Equal(50, first.Length);
        Assert.Equal(first.Order(StringComparer.Ordinal), turned.Order(StringComparer.Ordinal));
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Decide_DrawnByRank_FavoursGoodPairsInProportion()
    {
        ShardRecord[] records = Many(100);
        int[] drawn = new int[2]; // of the worse and of the better half

        for (long seed = 0; seed < 400; seed++)
        {
            foreach (string id in KeptBy(new SelectionPlan(Draw(1, strength: 1), seed), records))
            {
                drawn[int.Parse(id[1..]) / 50]++;
            }
        }

        // One of 100 in proportion to ranks: the better half has 3/4 of the weight. 400 draws, deviation 8.7.
        Assert.Equal(400, drawn.Sum());
        Assert.InRange(drawn[1], 300 - 35, 300 + 35);
    }

    [Theory]
    [InlineData(0, 250, 45)] // all alike: half of 500 come from the better half
    [InlineData(20, 500, 0)] // the first power of ranks that leaves the worse half no chance
    public void Decide_Strength_GoesFromAnyPairToTheBest(double strength, int better, int tolerance)
    {
        ShardRecord[] records = Many(100);
        int count = 0;

        for (long seed = 0; seed < 50; seed++)
        {
            string[] kept = KeptBy(new SelectionPlan(Draw(10, strength), seed), records);
            count += kept.Count(id => int.Parse(id[1..]) >= 50);
        }

        Assert.InRange(count, better - tolerance, better + tolerance);
    }

    [Fact]
    public void Decide_ShareOfThosePassing_IsRoundedUp()
    {
        SelectionRules rules = Draw(0, 1) with
        {
            Rules = [new("knn_target") { AtLeast = 3 }],
            Draw = new DrawRule
            {
                Share = 0.5,
                By = new Dictionary<string, double> { ["knn_target"] = 1 },
            },
        };

        Assert.Equal(4, KeptBy(new SelectionPlan(rules, seed: 1), Many(10)).Length); // of 7
    }

    private static SelectionRules Draw(int count, double strength) =>
        new()
        {
            Draw = new DrawRule
            {
                Count = count,
                Strength = strength,
                By = new Dictionary<string, double> { ["knn_target"] = 1 },
            },
        };

    private static ShardRecord[] Many(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Record($"p{i}", ("knn_target", i)))];

    private static string[] KeptBy(SelectionPlan plan, ShardRecord[] records)
    {
        IReadOnlyList<RejectionNote?> reasons = plan.Decide(records);
        return [.. records.Where((_, i) => reasons[i] is null).Select(record => record.Id)];
    }

    private static ShardRecord Record(string id, params (string Name, double Value)[] scores) =>
        new()
        {
            Id = id,
            Kind = PairKinds.Removal,
            Instructions = ["remove it"],
            Scores = scores.ToDictionary(score => score.Name, score => score.Value, StringComparer.Ordinal),
        };
}
