using InstructDiffusion.Server.Load.Measuring;
using InstructDiffusion.Server.Load.Reports;
using InstructDiffusion.Server.Load.Sending;
using InstructDiffusion.Server.Load.Traffic;

namespace InstructDiffusion.Api.Tests.Bench;

public sealed class LoadPartsTests
{
    [Fact]
    public void Plan_OfAProfile_IsPoissonAndTheSameForTheSameSeed()
    {
        var profile = new TrafficProfile
        {
            Phases = [new LoadPhase(100, 50), new LoadPhase(400, 10)],
            Callers = [("a", 1), ("b", 3)],
            Leaving = 0.25,
        };

        IReadOnlyList<PlannedRequest> plan = TrafficPlan.Of(profile);
        double[] gaps = [.. plan.Where(r => r.Phase == 0).Zip(plan.Skip(1), (a, b) => (b.At - a.At).TotalSeconds)];

        Assert.Equal(plan, TrafficPlan.Of(profile));
        Assert.NotEqual(plan, TrafficPlan.Of(profile with { Seed = 2 }));
        Assert.InRange(plan.Count(r => r.Phase == 0), 4_700, 5_300);
        Assert.InRange(plan.Count(r => r.Phase == 1), 3_700, 4_300);
        // Exponential gaps: their deviation is their mean.
        double mean = gaps.Average();
        Assert.Equal(0.01, mean, 0.0005);
        Assert.Equal(mean, Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean))), 0.001);
        Assert.InRange(plan.Count(r => r.Caller == 1) / (double)plan.Count, 0.72, 0.78);
        Assert.InRange(plan.Count(r => r.LeavesAfter is not null) / (double)plan.Count, 0.22, 0.28);
        Assert.All(plan, r => Assert.InRange(r.Steps, 5, 50));
        Assert.Equal(plan.Count, plan.DistinctBy(r => r.Seed).Count());
        Assert.Equal(plan.OrderBy(r => r.At), plan);
    }

    [Fact]
    public void Quantile_OfManyTimes_IsWithinOnePercent()
    {
        var random = new Random(4);
        var histogram = new LatencyHistogram();
        double[] times = [.. Enumerable.Range(0, 20_000).Select(_ => Math.Exp(14 * random.NextDouble()))];

        foreach (double time in times)
        {
            histogram.Add(TimeSpan.FromMicroseconds(time));
        }

        Array.Sort(times);
        foreach (double share in new[] { 0.01, 0.5, 0.9, 0.99, 0.999, 1 })
        {
            double exact = times[(int)Math.Ceiling(share * times.Length) - 1];
            double found = histogram.Quantile(share)!.Value.TotalMicroseconds;
            Assert.InRange(found, exact - 1, exact * 1.01 + 1);
        }
        Assert.Equal(times.Length, histogram.Count);
        Assert.Equal((long)times[^1], (long)histogram.Longest.TotalMicroseconds);
    }

    [Fact]
    public void Quantile_OfNothing_IsUnknown()
    {
        Assert.Null(new LatencyHistogram().Quantile(0.5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_600_000_000_000)]
    public void Quantile_OfOneTime_IsThatTime(long microseconds)
    {
        var histogram = new LatencyHistogram();
        histogram.Add(TimeSpan.FromMicroseconds(microseconds));

        Assert.Equal(microseconds, (long)histogram.Quantile(0.999)!.Value.TotalMicroseconds);
    }

    [Fact]
    public void Parse_ServerTiming_GivesTheDurations()
    {
        using var response = new HttpResponseMessage();
        response.Headers.Add("Server-Timing", "decode;dur=1.5, denoise;dur=20;desc=\"20 steps\", cache;desc=hit");

        IReadOnlyDictionary<string, double> timings = ServerTiming.Parse(response.Headers);

        Assert.Equal(1.5, timings["decode"]);
        Assert.Equal(20, timings["denoise"]);
        Assert.Equal(2, timings.Count);
    }

    [Fact]
    public void SumOf_MetricsWithLabels_AddsThem()
    {
        const string metrics = """
            # TYPE idiff_engine_batch_rows histogram
            idiff_engine_batch_rows_bucket{bucket="512x512",le="4"} 7 1700000000000
            idiff_engine_batch_rows_sum{bucket="512x512"} 24 1700000000000
            idiff_engine_batch_rows_sum{bucket="other"} 6.5 1700000000000
            idiff_engine_batch_rows_sum_of_something_else 100
            plain_count 3
            """;

        Assert.Equal(30.5, ServerFigures.SumOf(metrics, "idiff_engine_batch_rows_sum"));
        Assert.Equal(3, ServerFigures.SumOf(metrics, "plain_count"));
        Assert.Equal(0, ServerFigures.SumOf(metrics, "missing"));
    }

    [Theory]
    [InlineData("2.5:30", 2.5, 30.0)]
    [InlineData("0:30", null, null)]
    [InlineData("2:30:1", null, null)]
    [InlineData("a:b", null, null)]
    public void Parse_Phase_IsRateAndSeconds(string text, double? rate, double? seconds)
    {
        LoadPhase? phase = LoadPhase.Parse(text);

        Assert.Equal((rate, seconds), (phase?.PerSecond, phase?.Seconds));
    }

    [Fact]
    public void Write_Outcomes_CountsEachOnce()
    {
        var profile = new TrafficProfile { Phases = [new LoadPhase(2, 2)], Callers = [("a", 1), ("b", 1)] };
        RequestOutcome[] outcomes =
        [
            Outcome(0, 200, seconds: 1),
            Outcome(1, 200, seconds: 3),
            Outcome(2, 429, seconds: 0.01) with
            {
                Code = "queue_full",
                Returns = 2,
                TakenOnReturn = 1,
            },
            Outcome(3, 0, seconds: 0.5) with
            {
                HasLeft = true,
            },
            Outcome(4, 504, seconds: 0.02) with
            {
                Code = "deadline_before_start",
            },
        ];
        var figures = (new ServerFigures(10, 30, null), new ServerFigures(20, 90, (0.8, 1, 1.3)));

        string report = LoadReport.Write("Test", profile, outcomes, figures, [100, 110, 130, 120], "- a machine\n");

        Assert.Contains("Rows a step: 6;", report, StringComparison.Ordinal);
        Assert.Contains("100 MiB at first; between 110 and 130 MiB after", report, StringComparison.Ordinal);
        Assert.Contains("p5 0.8, p50 1, p95 1.3", report, StringComparison.Ordinal);
        Assert.Contains("| 1: 2 a second for 2 s | 2.5 | 0.57 | 2 | 1 | 1 | 1 | 1.0", report, StringComparison.Ordinal);
        Assert.Contains("| 200 | 2 |", report, StringComparison.Ordinal);
        Assert.Contains("| 429 queue_full | 1 |", report, StringComparison.Ordinal);
        Assert.Contains("| none: the client left | 1 |", report, StringComparison.Ordinal);
        Assert.Contains("Of 2 returns after `Retry-After`, 1 were taken (50.0 %)", report, StringComparison.Ordinal);
        Assert.Contains("## By caller", report, StringComparison.Ordinal);
    }

    private static RequestOutcome Outcome(int index, int status, double seconds) =>
        new()
        {
            Request = new PlannedRequest
            {
                Index = index,
                Phase = 0,
                At = TimeSpan.FromSeconds(0.5 * index),
                Caller = index % 2,
                Steps = 5,
                Size = "auto",
                TextScale = 5,
                ImageScale = 1.25,
                Seed = index,
                LeavesAfter = null,
            },
            Lag = TimeSpan.Zero,
            Latency = TimeSpan.FromSeconds(seconds),
            Status = status,
        };
}
