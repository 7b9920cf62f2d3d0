using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

public abstract partial class JobStoreTests
{
    [Fact]
    public async Task Sweep_DeadlineBeforeStartWhileWaiting_ExpiresAndIsNeverLeased()
    {
        Job job = await CreateAsync(A() with { Deadline = Time.GetUtcNow().AddSeconds(10) });
        Time.Advance(TimeSpan.FromSeconds(11));

        string[] leased = await DequeueAsync(1);
        IReadOnlyList<MovedJob> moved = await Store.SweepAsync(TestEnd);

        Assert.Empty(leased);
        Assert.Equal([new MovedJob(job.Id, JobStatus.Expired)], moved);
        Assert.Equal("deadline_before_start", (await FindAsync(job.Id)).Failure!.Code);
    }

    [Fact]
    public async Task Sweep_ResultKeptLongEnough_ExpiresAndIsDeletedLater()
    {
        LeasedJob leased = await StartAsync(A() with { Key = new IdempotencyKey("k", "f") });
        await Store.CompleteAsync(leased.Lease, Result(), TestEnd);

        Time.Advance(TimeSpan.FromHours(23));
        Assert.Empty(await Store.SweepAsync(TestEnd));
        Time.Advance(TimeSpan.FromHours(2));
        IReadOnlyList<MovedJob> moved = await Store.SweepAsync(TestEnd);
        Job expired = await FindAsync(leased.Job.Id);
        IReadOnlySet<string> blobs = await Store.ReferencedBlobsAsync(TestEnd);
        Time.Advance(TimeSpan.FromHours(168));
        await Store.SweepAsync(TestEnd);

        Assert.Equal([new MovedJob(leased.Job.Id, JobStatus.Expired)], moved);
        Assert.Equal(JobStatus.Expired, expired.Status);
        Assert.Null(expired.Result);
        Assert.Empty(blobs);
        Assert.Null(await Store.FindAsync("ada", leased.Job.Id, TestEnd));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sweep_FailedOrCancelledJob_StaysWhatItIsUntilItIsDeleted(bool isCancelled)
    {
        LeasedJob leased = await StartAsync();
        if (isCancelled)
        {
            await Store.CancelAsync("ada", leased.Job.Id, TestEnd);
        }
        await Store.FailAsync(leased.Lease, JobStatus.Failed, Failure, TestEnd);
        JobStatus ended = (await FindAsync(leased.Job.Id)).Status;

        Time.Advance(TimeSpan.FromHours(24 + 167));
        Assert.Empty(await Store.SweepAsync(TestEnd));
        JobStatus later = (await FindAsync(leased.Job.Id)).Status;
        Time.Advance(TimeSpan.FromHours(2));
        await Store.SweepAsync(TestEnd);

        Assert.Equal(isCancelled ? JobStatus.Cancelled : JobStatus.Failed, ended);
        Assert.Equal(ended, later);
        Assert.Null(await Store.FindAsync("ada", leased.Job.Id, TestEnd));
    }

    [Fact]
    public async Task Sweep_OpenJobs_AreNeverDeletedHoweverOld()
    {
        Job waiting = await CreateAsync(A());

        Time.Advance(TimeSpan.FromDays(1_000));
        await Store.SweepAsync(TestEnd);

        Assert.Equal([waiting.Id], await DequeueAsync(1));
    }

    [Fact]
    public async Task Sweep_SuspicionIsADayOld_TheContentIsAStrangerAgain()
    {
        await StartAsync(A(content: "poison"));
        await LoseAsync();
        await StartAsync(A("bob", content: "poison"));
        await LoseAsync();
        Time.Advance(TimeSpan.FromHours(25));
        await Store.SweepAsync(TestEnd);

        Job again = await CreateAsync(A(content: "poison"));

        Assert.Contains(again.Id, await DequeueAsync(5));
    }

    [Theory]
    [InlineData("succeeded")]
    [InlineData("failed")]
    [InlineData("cancelled")]
    [InlineData("expired")]
    public async Task TakeDeliveries_JobWithAWebhookEnded_IsOwedUntilItIsSettled(string end)
    {
        NewJob made = A() with { Webhook = "https://example.org/hook", Deadline = Time.GetUtcNow().AddMinutes(1) };
        await CreateAsync(made);
        await CreateAsync(A()); // without one
        Assert.Empty(await Store.TakeDeliveriesAsync(9, Lease, TestEnd));
        await EndAsync(made.Id, end);
        Reopen();

        WebhookDelivery first = Assert.Single(await Store.TakeDeliveriesAsync(9, Lease, TestEnd));
        IReadOnlyList<WebhookDelivery> meanwhile = await Store.TakeDeliveriesAsync(9, Lease, TestEnd);
        Time.Advance(Lease);
        WebhookDelivery second = Assert.Single(await Store.TakeDeliveriesAsync(9, Lease, TestEnd));
        await Store.SettleDeliveryAsync(second.Id, TimeSpan.FromSeconds(5), TestEnd);
        IReadOnlyList<WebhookDelivery> early = await Store.TakeDeliveriesAsync(9, Lease, TestEnd);
        Time.Advance(TimeSpan.FromSeconds(5));
        WebhookDelivery third = Assert.Single(await Store.TakeDeliveriesAsync(9, Lease, TestEnd));
        await Store.SettleDeliveryAsync(third.Id, retryAfter: null, TestEnd);
        Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal((made.Id, made.Webhook, 1), (first.Job.Id, first.Job.Webhook, first.Attempt));
        Assert.Equal(Enum.Parse<JobStatus>(end, ignoreCase: true), first.Job.Status);
        Assert.Equal([first.Id, first.Id], [second.Id, third.Id]);
        Assert.Equal((2, 3), (second.Attempt, third.Attempt));
        Assert.Empty(meanwhile);
        Assert.Empty(early);
        Assert.Empty(await Store.TakeDeliveriesAsync(9, Lease, TestEnd));
    }

    private async Task EndAsync(string id, string end)
    {
        switch (end)
        {
            case "cancelled":
                await Store.CancelAsync("ada", id, TestEnd);
                return;
            case "expired":
                Time.Advance(TimeSpan.FromMinutes(2));
                await Store.SweepAsync(TestEnd);
                return;
        }
        LeasedJob leased = Assert.Single(
            await Store.DequeueAsync(2, Lease, isIdle: true, TestEnd),
            leased => leased.Job.Id == id
        );
        if (end == "failed")
        {
            await Store.FailAsync(leased.Lease, JobStatus.Failed, Failure, TestEnd);
        }
        else
        {
            await Store.CompleteAsync(leased.Lease, Result(), TestEnd);
        }
    }
}
