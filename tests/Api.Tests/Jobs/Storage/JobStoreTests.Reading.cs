using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

public abstract partial class JobStoreTests
{
    [Fact]
    public async Task Find_AnothersJob_IsNotThere()
    {
        Job job = await CreateAsync(A());

        Assert.Null(await Store.FindAsync("bob", job.Id, TestEnd));
        Assert.Null(await Store.FindAsync("", job.Id, TestEnd));
    }

    [Fact]
    public async Task List_PageByPage_GivesEveryJobOnceNewestFirst()
    {
        List<string> made = [];
        for (int i = 0; i < 7; i++)
        {
            made.Add((await CreateAsync(A())).Id);
            // Some in the same millisecond.
            Time.Advance(TimeSpan.FromMilliseconds(i % 3));
        }
        await CreateAsync(A("bob"));

        List<Job> listed = [];
        JobCursor? cursor = null;
        do
        {
            JobPage page = await Store.ListAsync("ada", null, cursor, 3, TestEnd);
            Assert.InRange(page.Jobs.Count, 1, 3);
            listed.AddRange(page.Jobs);
            cursor = page.Next;
        } while (cursor is not null);

        Assert.Equal(made.Order(StringComparer.Ordinal), listed.Select(job => job.Id).Order(StringComparer.Ordinal));
        Assert.Equal(listed.Select(job => job.CreatedAt).OrderDescending(), listed.Select(job => job.CreatedAt));
    }

    [Fact]
    public async Task List_JobsComeAndGoBetweenPages_NoneIsSkippedOrRepeated()
    {
        List<string> made = [];
        for (int i = 0; i < 4; i++)
        {
            made.Add((await CreateAsync(A())).Id);
            Time.Advance(TimeSpan.FromMilliseconds(1));
        }
        JobPage first = await Store.ListAsync("ada", null, null, 2, TestEnd);

        await CreateAsync(A());
        await Store.CancelAsync("ada", first.Jobs[1].Id, TestEnd);
        await Store.CancelAsync("ada", first.Jobs[1].Id, TestEnd); // forgotten: the cursor's own job is gone
        JobPage second = await Store.ListAsync("ada", null, first.Next, 2, TestEnd);

        Assert.Equal([made[1], made[0]], second.Jobs.Select(job => job.Id));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task List_OfOneStatus_GivesThoseAlone()
    {
        LeasedJob running = await StartAsync();
        Job waiting = await CreateAsync(A());

        JobPage queued = await Store.ListAsync("ada", JobStatus.Queued, null, 9, TestEnd);
        JobPage active = await Store.ListAsync("ada", JobStatus.Running, null, 9, TestEnd);
        JobPage failed = await Store.ListAsync("ada", JobStatus.Failed, null, 9, TestEnd);

        Assert.Equal([waiting.Id], queued.Jobs.Select(job => job.Id));
        Assert.Equal([running.Job.Id], active.Jobs.Select(job => job.Id));
        Assert.Empty(failed.Jobs);
    }

    [Fact]
    public async Task Place_OneCaller_CountsTheJobsAhead()
    {
        LeasedJob running = await StartAsync(A() with { Cost = 8 });
        await Store.HeartbeatAsync([new JobHeartbeat(running.Lease, 1, 4)], Lease, TestEnd);
        Job first = await CreateAsync(A() with { Cost = 5 });
        Job second = await CreateAsync(A() with { Cost = 7 });
        Job urgent = await CreateAsync(A(priority: EditPriority.Interactive) with { Cost = 3 });

        Assert.Equal(new JobPlace(1, 6), await Store.PlaceAsync(urgent.Id, TestEnd));
        Assert.Equal(new JobPlace(2, 9), await Store.PlaceAsync(first.Id, TestEnd));
        Assert.Equal(new JobPlace(3, 14), await Store.PlaceAsync(second.Id, TestEnd));
        Assert.Null(await Store.PlaceAsync(running.Job.Id, TestEnd));
        Assert.Null(await Store.PlaceAsync(JobId.New(), TestEnd));
    }

    [Fact]
    public async Task Place_BehindAFlood_CountsTurnsAndNotTheWholeFlood()
    {
        for (int i = 0; i < 20; i++)
        {
            await CreateAsync(A() with { Cost = 2 });
        }
        Job first = await CreateAsync(A("bob"));
        Job second = await CreateAsync(A("bob"));

        Assert.Equal(new JobPlace(2, 2), await Store.PlaceAsync(first.Id, TestEnd));
        Assert.Equal(new JobPlace(4, 14), await Store.PlaceAsync(second.Id, TestEnd));
    }

    [Fact]
    public async Task Count_JobsOfAllKinds_CountsThem()
    {
        Assert.Empty((await Store.CountAsync(TestEnd)).ByStatus);
        DateTimeOffset start = Time.GetUtcNow();
        await StartAsync();
        await CreateAsync(A());
        Time.Advance(TimeSpan.FromSeconds(1));
        await CreateAsync(A("bob"));

        JobCounts counts = await Store.CountAsync(TestEnd);

        Assert.Equal(
            new Dictionary<JobStatus, int> { [JobStatus.Running] = 1, [JobStatus.Queued] = 2 },
            counts.ByStatus
        );
        Assert.Equal(start, counts.OldestQueued);
    }

    [Fact]
    public async Task Store_RandomLife_EveryJobEndsExactlyOnceAndOnlyByTheRunThatHadIt()
    {
        var random = new Random(4);
        var made = new Dictionary<string, bool>();
        var leases = new List<LeasedJob>();
        var ends = new Dictionary<string, int>();
        for (int i = 0; i < 600; i++)
        {
            switch (random.Next(9))
            {
                case 0 or 1:
                    made[(await CreateAsync(A($"caller {random.Next(4)}"))).Id] = true;
                    break;
                case 2 or 3:
                    leases.AddRange(await Store.DequeueAsync(3, Lease, isIdle: random.Next(2) == 0, TestEnd));
                    break;
                case 4:
                    Time.Advance(TimeSpan.FromSeconds(random.Next(40)));
                    Count(ends, (await Store.SweepAsync(TestEnd)).Where(moved => !moved.Status.IsOpen()));
                    break;
                case 5 when made.Count > 0:
                    string id = made.Keys.ElementAt(random.Next(made.Count));
                    foreach (string caller in Enumerable.Range(0, 4).Select(n => $"caller {n}"))
                    {
                        // Forgetting is left out, so that the end can be looked up.
                        if (
                            await Store.FindAsync(caller, id, TestEnd) is { } job
                            && job.Status.IsOpen()
                            && await Store.CancelAsync(caller, id, TestEnd) == CancelOutcome.Cancelled
                        )
                        {
                            Count(ends, [new MovedJob(id, JobStatus.Cancelled)]);
                        }
                    }
                    break;
                case var what when leases.Count > 0:
                    LeasedJob leased = leases[random.Next(leases.Count)];
                    FinishOutcome outcome = what switch
                    {
                        6 => await Store.FailAsync(leased.Lease, JobStatus.Failed, Failure, TestEnd),
                        7 => await Store.ReleaseAsync(leased.Lease, null, TimeSpan.Zero, TestEnd),
                        _ => await Store.CompleteAsync(leased.Lease, Result(), TestEnd),
                    };
                    if (outcome == FinishOutcome.Cancelled || (outcome == FinishOutcome.Written && what != 7))
                    {
                        Count(ends, [new MovedJob(leased.Job.Id, JobStatus.Succeeded)]);
                    }
                    break;
            }
        }

        JobCounts counts = await Store.CountAsync(TestEnd);
        int open = counts.ByStatus.Where(pair => pair.Key.IsOpen()).Sum(pair => pair.Value);
        Assert.True(made.Count > 80, $"{made.Count}");
        Assert.All(ends.Values, count => Assert.Equal(1, count));
        Assert.Equal(made.Count, counts.ByStatus.Values.Sum());
        Assert.Equal(made.Count - open, ends.Count);
    }

    private static void Count(Dictionary<string, int> ends, IEnumerable<MovedJob> ended)
    {
        foreach (MovedJob job in ended)
        {
            ends[job.JobId] = ends.GetValueOrDefault(job.JobId) + 1;
        }
    }
}
