using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

public abstract partial class JobStoreTests
{
    [Fact]
    public async Task Dequeue_SeveralClasses_TheMoreUrgentComesFirst()
    {
        Job batch = await CreateAsync(A(priority: EditPriority.Batch));
        Job standard = await CreateAsync(A(priority: EditPriority.Standard));
        Job interactive = await CreateAsync(A(priority: EditPriority.Interactive));

        Assert.Equal([interactive.Id, standard.Id, batch.Id], await DequeueAsync(5));
    }

    [Fact]
    public async Task Dequeue_OneClass_TheNearerDeadlineComesFirst()
    {
        Job none = await CreateAsync(A());
        Job late = await CreateAsync(A() with { Deadline = Time.GetUtcNow().AddHours(2) });
        Job soon = await CreateAsync(A() with { Deadline = Time.GetUtcNow().AddHours(1) });

        Assert.Equal([soon.Id, late.Id, none.Id], await DequeueAsync(5));
    }

    [Fact]
    public async Task Dequeue_OneCallerFlooding_TheOtherTakesTurns()
    {
        string[] flood = [.. await CreateManyAsync("ada", 4)];
        string[] few = [.. await CreateManyAsync("bob", 2)];

        Assert.Equal([flood[0], few[0], flood[1], few[1], flood[2], flood[3]], await DequeueAsync(10));
    }

    [Fact]
    public async Task Dequeue_DearJobs_CountForMoreThanCheapOnes()
    {
        string[] dear = [.. await CreateManyAsync("ada", 3, cost: 30)];
        string[] cheap = [.. await CreateManyAsync("bob", 4, cost: 10)];

        Assert.Equal([dear[0], cheap[0], cheap[1], cheap[2], dear[1], cheap[3], dear[2]], await DequeueAsync(10));
    }

    [Fact]
    public async Task Dequeue_CallerThatComesLate_HasNoCreditForThePast()
    {
        await CreateManyAsync("ada", 10);
        string[] done = await DequeueAsync(5);

        string[] late = [.. await CreateManyAsync("bob", 3)];
        string[] next = await DequeueAsync(4);

        Assert.Equal(5, done.Length);
        Assert.Equal(2, next.Count(id => late.Contains(id)));
    }

    [Fact]
    public async Task Dequeue_BatchJobThatHasWaitedLong_ComesBeforeNewcomersOfAHigherClass()
    {
        Job old = await CreateAsync(A(priority: EditPriority.Batch));
        Time.Advance(TimeSpan.FromSeconds(2 * 600));

        await CreateAsync(A("bob", EditPriority.Interactive));

        Assert.Equal([old.Id], await DequeueAsync(1));
    }

    [Fact]
    public async Task Dequeue_ManyAtOnce_NoJobIsLeasedTwice()
    {
        string[] made = [.. await CreateManyAsync("ada", 30)];

        string[][] taken = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Task.Run(() => DequeueAsync(2), TestEnd))
        );

        Assert.Equal(made.Order(StringComparer.Ordinal), taken.SelectMany(ids => ids).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Heartbeat_BeforeTheLeaseEnds_KeepsItAndNotesTheStep()
    {
        LeasedJob leased = await StartAsync();
        for (int i = 1; i <= 5; i++)
        {
            Time.Advance(Lease - TimeSpan.FromSeconds(1));
            LeaseState[] states =
            [
                .. await Store.HeartbeatAsync([new JobHeartbeat(leased.Lease, i, 5)], Lease, TestEnd),
            ];
            Assert.Equal([LeaseState.Held], states);
        }

        Assert.Empty(await Store.SweepAsync(TestEnd));
        Job job = await FindAsync(leased.Job.Id);
        Assert.Equal((JobStatus.Running, 5, 5), (job.Status, job.Step, job.Steps));
    }

    [Fact]
    public async Task Heartbeat_OfSeveral_AnswersForEachInOrder()
    {
        await CreateManyAsync("ada", 3);
        JobLease[] leases =
        [
            .. (await Store.DequeueAsync(3, Lease, isIdle: true, TestEnd)).Select(leased => leased.Lease),
        ];
        await Store.CancelAsync("ada", leases[0].JobId, TestEnd);
        await Store.CompleteAsync(leases[1], Result(), TestEnd);

        var states = await Store.HeartbeatAsync([.. leases.Select(l => new JobHeartbeat(l, 1, 2))], Lease, TestEnd);

        Assert.Equal([LeaseState.CancelRequested, LeaseState.Lost, LeaseState.Held], states);
    }

    [Fact]
    public async Task Sweep_LeaseRanOut_TheNextRunHasTheJobAndTheFirstCanWriteNothing()
    {
        LeasedJob first = await StartAsync();
        Time.Advance(Lease + TimeSpan.FromSeconds(1));

        IReadOnlyList<MovedJob> moved = await Store.SweepAsync(TestEnd);
        LeasedJob second = Assert.Single(await Store.DequeueAsync(1, Lease, isIdle: true, TestEnd));

        Assert.Equal([new MovedJob(first.Job.Id, JobStatus.Queued, WasLeased: true)], moved);
        Assert.Equal(first.Job.Run + 1, second.Job.Run);
        Assert.Equal(FinishOutcome.LeaseLost, await Store.CompleteAsync(first.Lease, Result('c'), TestEnd));
        Assert.Equal(FinishOutcome.LeaseLost, await Store.FailAsync(first.Lease, JobStatus.Failed, Failure, TestEnd));
        Assert.Equal(FinishOutcome.LeaseLost, await Store.ReleaseAsync(first.Lease, null, TimeSpan.Zero, TestEnd));
        Assert.Equal(
            [LeaseState.Lost],
            await Store.HeartbeatAsync([new JobHeartbeat(first.Lease, 1, 1)], Lease, TestEnd)
        );
        Assert.Equal(FinishOutcome.Written, await Store.CompleteAsync(second.Lease, Result('b'), TestEnd));
        Assert.Equal(FinishOutcome.LeaseLost, await Store.CompleteAsync(second.Lease, Result('c'), TestEnd));
        Assert.Equal(Result('b').Files, (await FindAsync(first.Job.Id)).Result!.Files);
    }

    [Fact]
    public async Task Sweep_LeasesOfOneContentRanOutTwice_ItIsQuarantined()
    {
        NewJob same = A(content: "poison");
        LeasedJob first = await StartAsync(A(content: "poison"));
        await LoseAsync();
        await CreateAsync(same);
        string[] alone = await DequeueAsync(5);
        IReadOnlyList<MovedJob> moved = await LoseAsync();

        Assert.Equal([first.Job.Id], alone);
        Assert.Equal(JobStatus.Failed, Assert.Single(moved, job => job.JobId == first.Job.Id).Status);
        Assert.Equal(JobStatus.Failed, Assert.Single(moved, job => job.JobId == same.Id).Status);
        Assert.Equal("quarantined", (await FindAsync(first.Job.Id)).Failure!.Code);
        Assert.Equal("quarantined", (await FindAsync(same.Id)).Failure!.Code);

        await CreateAsync(A(content: "poison"));
        Assert.Empty(await DequeueAsync(1));
    }

    [Fact]
    public async Task Dequeue_SuspectIsNext_WaitsForAnIdleServerAndRunsAlone()
    {
        LeasedJob suspect = await StartAsync();
        await LoseAsync();
        Job neighbour = await CreateAsync(A());

        Assert.Empty(await DequeueAsync(5, isIdle: false));
        Assert.Equal([suspect.Job.Id], await DequeueAsync(5));
        Assert.Equal([neighbour.Id], await DequeueAsync(5, isIdle: false));
    }

    [Fact]
    public async Task Sweep_ServerDiesAgainAndAgainWithOtherContents_TheJobFailsAfterItsAttempts()
    {
        Reopen(new JobsOptions { Path = Folder.Path, MaxAttempts = 1 });
        LeasedJob leased = await StartAsync();

        IReadOnlyList<MovedJob> moved = await LoseAsync();

        Assert.Equal([new MovedJob(leased.Job.Id, JobStatus.Failed, WasLeased: true)], moved);
        Assert.Equal("internal_error", (await FindAsync(leased.Job.Id)).Failure!.Code);
    }

    private async Task<IReadOnlyList<MovedJob>> LoseAsync()
    {
        Time.Advance(Lease + TimeSpan.FromSeconds(1));
        return await Store.SweepAsync(TestEnd);
    }

    private async Task<List<string>> CreateManyAsync(string caller, int count, double cost = 10)
    {
        List<string> ids = [];
        for (int i = 0; i < count; i++)
        {
            ids.Add((await CreateAsync(A(caller) with { Cost = cost })).Id);
        }
        return ids;
    }
}
