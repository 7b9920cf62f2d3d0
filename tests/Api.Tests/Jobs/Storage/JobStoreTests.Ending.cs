using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

public abstract partial class JobStoreTests
{
    [Fact]
    public async Task Complete_RunningJob_KeepsItsResultAndLetsItsInputGo()
    {
        LeasedJob leased = await StartAsync();
        Time.Advance(TimeSpan.FromSeconds(3));

        FinishOutcome outcome = await Store.CompleteAsync(leased.Lease, Result(), TestEnd);
        Reopen();
        Job job = await FindAsync(leased.Job.Id);

        Assert.Equal(FinishOutcome.Written, outcome);
        Assert.Equal(JobStatus.Succeeded, job.Status);
        Assert.Equal(Time.GetUtcNow(), job.FinishedAt);
        Assert.Equal("""{"seed": 7}""", job.Result!.Answer);
        Assert.Equal(Result().Files, job.Result.Files);
        Assert.Equal([Hash('b')], await Store.ReferencedBlobsAsync(TestEnd));
    }

    [Theory]
    [InlineData("Failed")]
    [InlineData("Expired")]
    public async Task Fail_RunningJob_KeepsTheReason(string name)
    {
        JobStatus status = Enum.Parse<JobStatus>(name);
        LeasedJob leased = await StartAsync();

        await Store.FailAsync(leased.Lease, status, Failure, TestEnd);
        Job job = await FindAsync(leased.Job.Id);

        Assert.Equal((status, Failure), (job.Status, job.Failure));
        Assert.Null(job.Result);
        Assert.Empty(await Store.ReferencedBlobsAsync(TestEnd));
        Assert.Empty(await DequeueAsync(1));
    }

    [Fact]
    public async Task Release_HandedBack_WaitsAgainAndCostsNoAttempt()
    {
        Reopen(new JobsOptions { Path = Folder.Path, MaxAttempts = 1 });
        LeasedJob leased = await StartAsync();

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(FinishOutcome.Written, await Store.ReleaseAsync(leased.Lease, null, TimeSpan.Zero, TestEnd));
            leased = Assert.Single(await Store.DequeueAsync(1, Lease, isIdle: true, TestEnd));
        }

        Assert.Equal(4, leased.Job.Run);
        Assert.Equal(A().Input.Fields, leased.Input.Fields);
    }

    [Fact]
    public async Task Release_Delayed_IsNotLeasedBeforeItsTime()
    {
        LeasedJob leased = await StartAsync();

        await Store.ReleaseAsync(leased.Lease, null, TimeSpan.FromSeconds(5), TestEnd);

        Assert.Empty(await DequeueAsync(1));
        Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal([leased.Job.Id], await DequeueAsync(1));
    }

    [Fact]
    public async Task Release_FaultedAsOftenAsAllowed_FailsWithTheLastFault()
    {
        LeasedJob leased = await StartAsync();
        for (int i = 1; i < 3; i++)
        {
            await Store.ReleaseAsync(leased.Lease, Failure with { Detail = $"fault {i}" }, TimeSpan.Zero, TestEnd);
            Assert.Equal(JobStatus.Queued, (await FindAsync(leased.Job.Id)).Status);
            leased = Assert.Single(await Store.DequeueAsync(1, Lease, isIdle: true, TestEnd));
        }

        await Store.ReleaseAsync(leased.Lease, Failure with { Detail = "fault 3" }, TimeSpan.Zero, TestEnd);
        Job job = await FindAsync(leased.Job.Id);

        Assert.Equal((JobStatus.Failed, "fault 3"), (job.Status, job.Failure!.Detail));
    }

    [Fact]
    public async Task Cancel_WaitingJob_EndsItAtOnce()
    {
        Job job = await CreateAsync(A());

        CancelOutcome outcome = await Store.CancelAsync("ada", job.Id, TestEnd);

        Assert.Equal(CancelOutcome.Cancelled, outcome);
        Assert.Equal(JobStatus.Cancelled, (await FindAsync(job.Id)).Status);
        Assert.Empty(await DequeueAsync(1));
        Assert.Empty(await Store.ReferencedBlobsAsync(TestEnd));
    }

    [Theory]
    [InlineData("complete")]
    [InlineData("fail")]
    [InlineData("release")]
    [InlineData("lose")]
    public async Task Cancel_RunningJob_WinsOverWhateverTheRunThenDoes(string end)
    {
        LeasedJob leased = await StartAsync();

        CancelOutcome outcome = await Store.CancelAsync("ada", leased.Job.Id, TestEnd);
        Job meanwhile = await FindAsync(leased.Job.Id);
        FinishOutcome? finished = end switch
        {
            "complete" => await Store.CompleteAsync(leased.Lease, Result(), TestEnd),
            "fail" => await Store.FailAsync(leased.Lease, JobStatus.Failed, Failure, TestEnd),
            "release" => await Store.ReleaseAsync(leased.Lease, null, TimeSpan.Zero, TestEnd),
            _ => null,
        };
        if (finished is null)
        {
            await LoseAsync();
        }
        Job job = await FindAsync(leased.Job.Id);

        Assert.Equal(CancelOutcome.Requested, outcome);
        Assert.Equal((JobStatus.Running, true), (meanwhile.Status, meanwhile.IsCancelRequested));
        Assert.Equal(finished is null ? null : FinishOutcome.Cancelled, finished);
        Assert.Equal((JobStatus.Cancelled, false), (job.Status, job.IsCancelRequested));
        Assert.Null(job.Result);
        Assert.Null(job.Failure);
    }

    [Fact]
    public async Task Cancel_EndedJob_ForgetsItAndCanBeRepeated()
    {
        var key = new IdempotencyKey("k", "f");
        LeasedJob leased = await StartAsync(A() with { Key = key });
        await Store.CompleteAsync(leased.Lease, Result(), TestEnd);

        CancelOutcome first = await Store.CancelAsync("ada", leased.Job.Id, TestEnd);
        CancelOutcome second = await Store.CancelAsync("ada", leased.Job.Id, TestEnd);

        Assert.Equal((CancelOutcome.Forgotten, CancelOutcome.Forgotten), (first, second));
        Assert.Null(await Store.FindAsync("ada", leased.Job.Id, TestEnd));
        Assert.Empty((await Store.ListAsync("ada", null, null, 10, TestEnd)).Jobs);
        Assert.Empty(await Store.ReferencedBlobsAsync(TestEnd));
        JobAdmission? byKey = await Store.FindByKeyAsync("ada", key, TestEnd);
        Assert.True(byKey!.Job!.IsForgotten);
    }

    [Fact]
    public async Task Cancel_JobOfAnotherCallerOrNone_IsUnknownAndTouchesNothing()
    {
        Job job = await CreateAsync(A());

        Assert.Equal(CancelOutcome.Unknown, await Store.CancelAsync("bob", job.Id, TestEnd));
        Assert.Equal(CancelOutcome.Unknown, await Store.CancelAsync("ada", JobId.New(), TestEnd));
        Assert.Equal(JobStatus.Queued, (await FindAsync(job.Id)).Status);
    }
}
