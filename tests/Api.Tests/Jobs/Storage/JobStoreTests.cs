using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

/// <summary>What every store of jobs must do. A store's own class inherits these tests and says how to open it.</summary>
public abstract partial class JobStoreTests : IAsyncLifetime
{
    private protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private protected FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private protected TempFolder Folder { get; } = new();
    private protected IJobStore Store { get; private set; } = null!;

    private protected static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public virtual ValueTask InitializeAsync()
    {
        Store = Open(new JobsOptions { Path = Folder.Path }, Time);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Close(Store);
        Folder.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>A store that is empty when the folder of the settings is new.</summary>
    private protected abstract IJobStore Open(JobsOptions options, TimeProvider time);

    /// <summary>Lets go of everything that another store on the same data would need.</summary>
    private protected abstract void Close(IJobStore store);

    /// <summary>Starts over with other settings, on the same data.</summary>
    private protected void Reopen(JobsOptions? options = null)
    {
        Close(Store);
        Store = Open(options ?? new JobsOptions { Path = Folder.Path }, Time);
    }

    private protected static NewJob A(
        string caller = "ada",
        EditPriority priority = EditPriority.Batch,
        string? content = null
    )
    {
        string id = JobId.New();
        return new NewJob
        {
            Id = id,
            Caller = caller,
            Type = "edit",
            Priority = priority,
            Cost = 10,
            Input = new JobInput(
                "{\"instruction\": \"make it ☃\"}",
                [new StoredFile("image", "application/octet-stream", 7, Hash('a'))]
            ),
            ContentHash = content ?? id,
        };
    }

    private protected static string Hash(char digit) => new(digit, 64);

    private protected async Task<Job> CreateAsync(NewJob job)
    {
        JobAdmission admission = await Store.CreateAsync(job, TestEnd);
        Assert.Equal(JobAdmissionKind.Created, admission.Kind);
        return admission.Job!;
    }

    private protected async Task<LeasedJob> StartAsync(NewJob? job = null)
    {
        await CreateAsync(job ?? A());
        return Assert.Single(await Store.DequeueAsync(1, Lease, isIdle: true, TestEnd));
    }

    private protected async Task<Job> FindAsync(string id, string caller = "ada") =>
        await Store.FindAsync(caller, id, TestEnd) ?? throw new InvalidOperationException("There is no such job.");

    private protected async Task<string[]> DequeueAsync(int most, bool isIdle = true) =>
        [.. (await Store.DequeueAsync(most, Lease, isIdle, TestEnd)).Select(leased => leased.Job.Id)];

    private protected static JobResult Result(char digit = 'b') =>
        new("""{"seed": 7}""", [new StoredFile("image.png", "image/png", 11, Hash(digit))]);

    private protected static JobFailure Failure { get; } =
        new(ProblemKind.NonFiniteImage.Code, "It gave NaN.", "steps");
}
