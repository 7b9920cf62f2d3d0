using InstructDiffusion.Api.Jobs.Progress;

namespace InstructDiffusion.Api.Tests.Jobs.Progress;

public sealed class InProcessProgressBusTests
{
    private readonly InProcessProgressBus _bus = new();
    private readonly List<string> _heard = [];

    [Fact]
    public void Publish_Listeners_HearTheirOwnJobOrAll()
    {
        using IDisposable a = _bus.Subscribe("a", notice => _heard.Add($"a hears {notice.JobId}"));
        using IDisposable all = _bus.Subscribe(null, notice => _heard.Add($"all hear {notice.JobId}"));

        _bus.Publish(Step("a", 1));
        _bus.Publish(Step("b", 1));

        Assert.Equal(["a hears a", "all hear a", "all hear b"], _heard);
    }

    [Fact]
    public void Publish_AfterLeaving_IsNotHeard()
    {
        IDisposable a = _bus.Subscribe("a", notice => _heard.Add(notice.JobId));
        IDisposable all = _bus.Subscribe(null, notice => _heard.Add(notice.JobId));
        a.Dispose();
        all.Dispose();

        _bus.Publish(Step("a", 1));

        Assert.Empty(_heard);
    }

    [Fact]
    public void Recent_ManySteps_KeepsTheLastUntilTheJobEnds()
    {
        for (int step = 1; step <= 100; step++)
        {
            _bus.Publish(Step("a", step));
        }
        IReadOnlyList<JobNotice> recent = _bus.Recent("a");
        _bus.Publish(new JobNotice("a", JobNoticeKind.Ended, Run: 1));

        Assert.Equal(InProcessProgressBus.MostRecent, recent.Count);
        Assert.Equal(100, recent[^1].Step);
        Assert.Empty(_bus.Recent("a"));
        Assert.Empty(_bus.Recent("b"));
    }

    [Fact]
    public void Publish_ByManyThreads_EveryListenerHearsEverything()
    {
        int heard = 0;
        using IDisposable listener = _bus.Subscribe("a", _ => Interlocked.Increment(ref heard));

        Parallel.For(
            0,
            8,
            i =>
            {
                for (int step = 0; step < 100; step++)
                {
                    _bus.Publish(Step(i % 2 == 0 ? "a" : "b", step));
                    _bus.Subscribe("c", _ => { }).Dispose();
                }
            }
        );

        Assert.Equal(400, heard);
    }

    [Fact]
    public void Sequence_OfAJobsLife_OnlyGrows()
    {
        JobNotice[] life =
        [
            new("a", JobNoticeKind.Queued, 0),
            new("a", JobNoticeKind.Started, 1),
            Step("a", 1),
            Step("a", 2),
            new("a", JobNoticeKind.Preview, 1) { Step = 2 },
            Step("a", 5_000),
            // Handed back, and run again elsewhere.
            new("a", JobNoticeKind.Queued, 1),
            new("a", JobNoticeKind.Started, 2),
            Step("a", 1) with
            {
                Run = 2,
            },
            new("a", JobNoticeKind.Ended, 2),
        ];

        Assert.Equal(life.OrderBy(notice => notice.Sequence), life);
        Assert.Equal(life.Length, life.Select(notice => notice.Sequence).Distinct().Count());
    }

    private static JobNotice Step(string job, int step) =>
        new(job, JobNoticeKind.Progress, Run: 1) { Step = step, Of = 5_000 };
}
