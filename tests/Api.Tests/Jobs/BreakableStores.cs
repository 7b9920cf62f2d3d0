using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;

namespace InstructDiffusion.Api.Tests.Jobs;

/// <summary>A store that a test can take away, or break, while a server uses it.</summary>
internal sealed class BreakableJobStore(IJobStore store) : IJobStore
{
    /// <summary>What every call throws, while it is set.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Whether the server finds jobs to do. A busy one looks for none either, but may have looked a moment before.</summary>
    public bool GivesJobs { get; set; } = true;

    /// <summary>The store itself, as another server would use it.</summary>
    public IJobStore Inner => store;

    /// <summary>Results written.</summary>
    public int Completed { get; private set; }

    public Task<JobAdmission> CreateAsync(NewJob job, CancellationToken cancellationToken) =>
        Try(() => store.CreateAsync(job, cancellationToken));

    public Task<JobAdmission?> FindByKeyAsync(string caller, IdempotencyKey key, CancellationToken cancellationToken) =>
        Try(() => store.FindByKeyAsync(caller, key, cancellationToken));

    public Task<Job?> FindAsync(string caller, string id, CancellationToken cancellationToken) =>
        Try(() => store.FindAsync(caller, id, cancellationToken));

    public Task<JobPage> ListAsync(
        string caller,
        JobStatus? status,
        JobCursor? after,
        int limit,
        CancellationToken cancellationToken
    ) => Try(() => store.ListAsync(caller, status, after, limit, cancellationToken));

    public Task<JobPlace?> PlaceAsync(string id, CancellationToken cancellationToken) =>
        Try(() => store.PlaceAsync(id, cancellationToken));

    public Task<JobCounts> CountAsync(CancellationToken cancellationToken) =>
        Try(() => store.CountAsync(cancellationToken));

    public Task<IReadOnlyList<LeasedJob>> DequeueAsync(
        int most,
        TimeSpan lease,
        bool isIdle,
        CancellationToken cancellationToken
    ) =>
        GivesJobs
            ? Try(() => store.DequeueAsync(most, lease, isIdle, cancellationToken))
            : Task.FromResult<IReadOnlyList<LeasedJob>>([]);

    public Task<IReadOnlyList<LeaseState>> HeartbeatAsync(
        IReadOnlyList<JobHeartbeat> beats,
        TimeSpan lease,
        CancellationToken cancellationToken
    ) => Try(() => store.HeartbeatAsync(beats, lease, cancellationToken));

    public async Task<FinishOutcome> CompleteAsync(
        JobLease lease,
        JobResult result,
        CancellationToken cancellationToken
    )
    {
        FinishOutcome outcome = await Try(() => store.CompleteAsync(lease, result, cancellationToken));
        Completed += outcome == FinishOutcome.Written ? 1 : 0;
        return outcome;
    }

    public Task<FinishOutcome> FailAsync(
        JobLease lease,
        JobStatus status,
        JobFailure failure,
        CancellationToken cancellationToken
    ) => Try(() => store.FailAsync(lease, status, failure, cancellationToken));

    public Task<FinishOutcome> ReleaseAsync(
        JobLease lease,
        JobFailure? fault,
        TimeSpan delay,
        CancellationToken cancellationToken
    ) => Try(() => store.ReleaseAsync(lease, fault, delay, cancellationToken));

    public Task<CancelOutcome> CancelAsync(string caller, string id, CancellationToken cancellationToken) =>
        Try(() => store.CancelAsync(caller, id, cancellationToken));

    public Task<IReadOnlyList<MovedJob>> SweepAsync(CancellationToken cancellationToken) =>
        Try(() => store.SweepAsync(cancellationToken));

    public Task<IReadOnlySet<string>> ReferencedBlobsAsync(CancellationToken cancellationToken) =>
        Try(() => store.ReferencedBlobsAsync(cancellationToken));

    public Task<IReadOnlyList<WebhookDelivery>> TakeDeliveriesAsync(
        int most,
        TimeSpan lease,
        CancellationToken cancellationToken
    ) => Try(() => store.TakeDeliveriesAsync(most, lease, cancellationToken));

    public async Task SettleDeliveryAsync(long id, TimeSpan? retryAfter, CancellationToken cancellationToken) =>
        await Try(async () =>
        {
            await store.SettleDeliveryAsync(id, retryAfter, cancellationToken);
            return 0;
        });

    private Task<T> Try<T>(Func<Task<T>> call) => Fault is { } fault ? Task.FromException<T>(fault) : call();
}

/// <summary>A blob store whose disk a test can fill up.</summary>
internal sealed class BreakableBlobStore(IBlobStore blobs) : IBlobStore
{
    /// <summary>What writing throws, while it is set.</summary>
    public Exception? Fault { get; set; }

    public Task<string> PutAsync(ReadOnlyMemory<byte> bytes, bool isResult, CancellationToken cancellationToken) =>
        Fault is { } fault ? Task.FromException<string>(fault) : blobs.PutAsync(bytes, isResult, cancellationToken);

    public Task<Stream?> OpenAsync(string hash, CancellationToken cancellationToken) =>
        blobs.OpenAsync(hash, cancellationToken);

    public Task<int> SweepAsync(IReadOnlySet<string> referenced, CancellationToken cancellationToken) =>
        blobs.SweepAsync(referenced, cancellationToken);
}
