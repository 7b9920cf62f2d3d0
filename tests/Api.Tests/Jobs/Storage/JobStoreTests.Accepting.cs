using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

public abstract partial class JobStoreTests
{
    [Fact]
    public async Task Create_NewJob_IsFoundWithEverythingAfterReopening()
    {
        NewJob made = A(priority: EditPriority.Interactive) with
        {
            Deadline = Time.GetUtcNow().AddMinutes(5),
            Webhook = "https://example.org/hook",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
        Job created = await CreateAsync(made);

        Reopen();
        Job found = await FindAsync(made.Id);

        Assert.Equal(created, found);
        Assert.Equal(
            new Job
            {
                Id = made.Id,
                Caller = "ada",
                Type = "edit",
                Status = JobStatus.Queued,
                Priority = EditPriority.Interactive,
                Cost = 10,
                CreatedAt = Time.GetUtcNow(),
                Deadline = made.Deadline,
                Webhook = made.Webhook,
                TraceParent = made.TraceParent,
            },
            found
        );
    }

    [Fact]
    public async Task Create_NewJob_ItsInputComesBackAsItWas()
    {
        NewJob made = A();

        LeasedJob leased = await StartAsync(made);

        Assert.Equal(made.Input.Fields, leased.Input.Fields);
        Assert.Equal(made.Input.Files, leased.Input.Files);
    }

    [Fact]
    public async Task Create_WithALease_RunsAtOnceAndIsNotLeasedToOthers()
    {
        Job job = await CreateAsync(A() with { Lease = Lease });

        Assert.Equal((JobStatus.Running, 1), (job.Status, job.Run));
        Assert.Empty(await DequeueAsync(1));
        Assert.Equal(
            FinishOutcome.Written,
            await Store.CompleteAsync(new JobLease(job.Id, job.Run), Result(), TestEnd)
        );
    }

    [Fact]
    public async Task Create_SameKeyAndRequest_GivesTheFirstJob()
    {
        var key = new IdempotencyKey("k", "f");
        Job first = await CreateAsync(A() with { Key = key });

        JobAdmission again = await Store.CreateAsync(A() with { Key = key }, TestEnd);
        JobAdmission? found = await Store.FindByKeyAsync("ada", key, TestEnd);

        Assert.Equal(new JobAdmission(JobAdmissionKind.Repeated, first), again);
        Assert.Equal(again, found);
        Assert.Single((await Store.ListAsync("ada", null, null, 10, TestEnd)).Jobs);
    }

    [Fact]
    public async Task Create_SameKeyOtherRequest_IsRefused()
    {
        await CreateAsync(A() with { Key = new IdempotencyKey("k", "f") });

        JobAdmission other = await Store.CreateAsync(A() with { Key = new IdempotencyKey("k", "g") }, TestEnd);

        Assert.Equal(new JobAdmission(JobAdmissionKind.KeyReused), other);
        Assert.Equal(other, await Store.FindByKeyAsync("ada", new IdempotencyKey("k", "g"), TestEnd));
    }

    [Fact]
    public async Task Create_SameKeyOfAnotherCaller_IsAnotherJob()
    {
        var key = new IdempotencyKey("k", "f");
        Job first = await CreateAsync(A() with { Key = key });

        Job second = await CreateAsync(A("bob") with { Key = key });

        Assert.NotEqual(first.Id, second.Id);
        Assert.Null(await Store.FindByKeyAsync("eve", key, TestEnd));
    }

    [Fact]
    public async Task Create_ManyAtOnceWithOneKey_ExactlyOneIsCreated()
    {
        var key = new IdempotencyKey("k", "f");

        JobAdmission[] all = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Task.Run(() => Store.CreateAsync(A() with { Key = key }, TestEnd)))
        );

        Assert.Single(all, admission => admission.Kind == JobAdmissionKind.Created);
        Assert.Equal(19, all.Count(admission => admission.Kind == JobAdmissionKind.Repeated));
        Assert.Single(all.Select(admission => admission.Job!.Id).Distinct());
    }

    [Fact]
    public async Task Create_KeySurvivesReopeningAndTheEndOfItsJob()
    {
        var key = new IdempotencyKey("k", "f");
        LeasedJob leased = await StartAsync(A() with { Key = key });
        await Store.CompleteAsync(leased.Lease, Result(), TestEnd);

        Reopen();
        JobAdmission again = await Store.CreateAsync(A() with { Key = key }, TestEnd);

        Assert.Equal(JobAdmissionKind.Repeated, again.Kind);
        Assert.Equal(JobStatus.Succeeded, again.Job!.Status);
        Assert.Equal(Result().Files, again.Job.Result!.Files);
    }

    [Fact]
    public async Task Create_KeyExpired_IsFreeAgain()
    {
        var key = new IdempotencyKey("k", "f");
        await CreateAsync(A() with { Key = key });

        Time.Advance(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));
        bool isForgotten = await Store.FindByKeyAsync("ada", key, TestEnd) is null;
        await CreateAsync(A() with { Key = key with { Fingerprint = "other" } });

        Assert.True(isForgotten);
    }

    [Fact]
    public async Task Create_CallerHasAllItMay_IsRefusedUntilOneEnds()
    {
        Reopen(new JobsOptions { Path = Folder.Path, MaxOpenPerCaller = 2 });
        var key = new IdempotencyKey("k", "f");
        Job first = await CreateAsync(A() with { Key = key });
        await CreateAsync(A());

        Assert.Equal(JobAdmissionKind.CallerFull, (await Store.CreateAsync(A(), TestEnd)).Kind);
        Assert.Equal(JobAdmissionKind.Repeated, (await Store.CreateAsync(A() with { Key = key }, TestEnd)).Kind);
        await CreateAsync(A("bob"));
        await Store.CancelAsync("ada", first.Id, TestEnd);
        await CreateAsync(A());
    }

    [Fact]
    public async Task Create_StoreHasAllItMay_IsRefused()
    {
        Reopen(new JobsOptions { Path = Folder.Path, MaxOpen = 2 });
        await CreateAsync(A());
        await CreateAsync(A("bob"));

        Assert.Equal(JobAdmissionKind.Full, (await Store.CreateAsync(A("eve"), TestEnd)).Kind);
    }
}
