namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>
/// Where jobs live. Every change is one transaction, durable when its task completes. Several servers may share one store; what
/// a server may write of a running job hangs on its lease. One suite of tests (JobStoreTests) says what every store must do.
/// Every method throws <see cref="JobsUnavailableException"/> when the store cannot be used now.
/// </summary>
internal interface IJobStore
{
    /// <summary>
    /// Stores a job, or finds the one that its key belongs to. A key is looked up before any limit, so that a repeated request
    /// is never refused for what the first one took.
    /// </summary>
    Task<JobAdmission> CreateAsync(NewJob job, CancellationToken cancellationToken);

    /// <summary>The job of a key that has not expired; null if there is none. Forgotten jobs are found too.</summary>
    Task<JobAdmission?> FindByKeyAsync(string caller, IdempotencyKey key, CancellationToken cancellationToken);

    /// <summary>A caller's job; null if it has none of this id, or has forgotten it.</summary>
    Task<Job?> FindAsync(string caller, string id, CancellationToken cancellationToken);

    /// <summary>A caller's jobs, newest first.</summary>
    /// <param name="caller">Whose.</param>
    /// <param name="status">Those of this status alone; null for all.</param>
    /// <param name="after">Where the page before ended; null for the first.</param>
    /// <param name="limit">Most jobs of the page, at least 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    Task<JobPage> ListAsync(
        string caller,
        JobStatus? status,
        JobCursor? after,
        int limit,
        CancellationToken cancellationToken
    );

    /// <summary>Where a waiting job stands; null unless it waits.</summary>
    Task<JobPlace?> PlaceAsync(string id, CancellationToken cancellationToken);

    /// <summary>How many jobs there are.</summary>
    Task<JobCounts> CountAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Leases the next jobs: the more urgent class first (a class is left for the next after a while, so that none starves), then
    /// the nearer deadline, then the caller that has had the least, then the older job. A job that was running when a server
    /// died is leased alone, and only to one that runs nothing else, so that its neighbours are not blamed with it.
    /// </summary>
    /// <param name="most">Most jobs to lease.</param>
    /// <param name="lease">How long they are leased.</param>
    /// <param name="isIdle">The server runs no other job.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<IReadOnlyList<LeasedJob>> DequeueAsync(
        int most,
        TimeSpan lease,
        bool isIdle,
        CancellationToken cancellationToken
    );

    /// <summary>Renews leases, and notes how far the runs are. Answers in the order of <paramref name="beats"/>.</summary>
    Task<IReadOnlyList<LeaseState>> HeartbeatAsync(
        IReadOnlyList<JobHeartbeat> beats,
        TimeSpan lease,
        CancellationToken cancellationToken
    );

    /// <summary>The run succeeded.</summary>
    Task<FinishOutcome> CompleteAsync(JobLease lease, JobResult result, CancellationToken cancellationToken);

    /// <summary>The run failed for good, or was too late (<paramref name="status"/> is Failed or Expired).</summary>
    Task<FinishOutcome> FailAsync(
        JobLease lease,
        JobStatus status,
        JobFailure failure,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// The run ends without an outcome and the job waits again; if its owner cancelled it, it is cancelled instead.
    /// </summary>
    /// <param name="lease">The run.</param>
    /// <param name="fault">What went wrong, if anything did: the last that is allowed fails the job with it.</param>
    /// <param name="delay">How long it is not leased again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<FinishOutcome> ReleaseAsync(
        JobLease lease,
        JobFailure? fault,
        TimeSpan delay,
        CancellationToken cancellationToken
    );

    /// <summary>Cancels a caller's open job, or forgets one that has ended. May be repeated.</summary>
    Task<CancelOutcome> CancelAsync(string caller, string id, CancellationToken cancellationToken);

    /// <summary>
    /// What time alone does: leases run out (the job waits again, unless it has failed too often, or a request like it broke two
    /// servers), deadlines pass, results expire, old jobs, keys and suspicions are deleted. Some of each at a time.
    /// </summary>
    /// <returns>The jobs whose status changed.</returns>
    Task<IReadOnlyList<MovedJob>> SweepAsync(CancellationToken cancellationToken);

    /// <summary>The keys of all blobs that any job needs.</summary>
    Task<IReadOnlySet<string>> ReferencedBlobsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes reports that are due; they are due again after <paramref name="lease"/> unless <see cref="SettleDeliveryAsync"/>
    /// says otherwise.
    /// </summary>
    Task<IReadOnlyList<WebhookDelivery>> TakeDeliveriesAsync(
        int most,
        TimeSpan lease,
        CancellationToken cancellationToken
    );

    /// <summary>A report was delivered, or given up (<paramref name="retryAfter"/> null), or is tried again later.</summary>
    Task SettleDeliveryAsync(long id, TimeSpan? retryAfter, CancellationToken cancellationToken);
}
