using InstructDiffusion.Api.Configuration;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>
/// Jobs in a PostgreSQL database that several servers share. Transactions are short, and locks are taken in one order: a
/// caller's advisory lock, jobs by their numbers, shares by their callers. Whoever takes several jobs that are not its own
/// skips those that are locked, so that nobody waits for anybody's queue.
/// </summary>
internal sealed partial class PostgresJobStore(PostgresDatabase database, IOptions<JobsOptions> options, JobClock clock)
    : IJobStore
{
    private readonly JobsOptions _options = options.Value;

    private long Now => clock.Now.ToUnixTimeMilliseconds();

    public Task<JobAdmission> CreateAsync(NewJob job, CancellationToken cancellationToken) =>
        database.WriteAsync(session => CreateAsync(session, job), cancellationToken);

    public Task<JobAdmission?> FindByKeyAsync(string caller, IdempotencyKey key, CancellationToken cancellationToken) =>
        database.ReadAsync(session => FindByKeyAsync(session, caller, key), cancellationToken);

    private async Task<JobAdmission> CreateAsync(PostgresSession session, NewJob job)
    {
        // One at a time for each caller: what is counted and looked up here stays so until the end of the transaction. A
        // statement of its own, as the next ones must see what whoever had the lock before has done.
        await session.ExecuteAsync(
            "SELECT pg_advisory_xact_lock(@lock)",
            ("@lock", PostgresMigrations.LockOf($"{database.Settings.Schema}: jobs of {job.Caller}"))
        );
        if (job.Key is { } key && await FindByKeyAsync(session, job.Caller, key) is { } known)
        {
            return known;
        }
        (long ofCaller, long all) = await CountOpenAsync(session, job.Caller);
        if (ofCaller >= _options.MaxOpenPerCaller)
        {
            return new JobAdmission(JobAdmissionKind.CallerFull);
        }
        if (all >= _options.MaxOpen)
        {
            return new JobAdmission(JobAdmissionKind.Full);
        }
        bool isNew = ofCaller == 0;
        // The row of a caller's share is wanted by whoever starts its jobs, so it is left alone where nothing changes.
        PostgresStatement[] share = isNew || job.Lease is not null ? [Share(job, isNew)] : [];
        List<Job> created = await session.QueryAsync(PostgresRows.ReadJob, [Insert(job), .. share, ById(job.Id)]);
        return new JobAdmission(JobAdmissionKind.Created, created.Single());
    }

    // What all callers have may be a few more than it should, where several come at the same moment: that one does no harm, and
    // to be exact there too, all the world would have to wait for one another.
    private static async Task<(long OfCaller, long All)> CountOpenAsync(PostgresSession session, string caller) =>
        (
            await session.QueryAsync(
                """
                SELECT (SELECT COUNT(*) FROM jobs WHERE status = 'queued' AND caller = @caller)
                     + (SELECT COUNT(*) FROM jobs WHERE status = 'running' AND caller = @caller),
                       (SELECT COUNT(*) FROM jobs WHERE status = 'queued')
                     + (SELECT COUNT(*) FROM jobs WHERE status = 'running')
                """,
                row => (row.GetInt64(0), row.GetInt64(1)),
                ("@caller", caller)
            )
        ).Single();

    // The job, what it works on and the name of its request are one statement: none of them without the others.
    private PostgresStatement Insert(NewJob job)
    {
        bool runs = job.Lease is not null;
        PostgresStatement files = PostgresRows.AddFiles("(SELECT seq FROM made)", PostgresRows.Input, job.Input.Files);
        return new PostgresStatement(
            $"""
            WITH made AS (
              INSERT INTO jobs (id, caller, type, status, priority, cost, content_hash, created_at, deadline, run, started_at,
                                lease_until)
              VALUES (@id, @caller, @type, @status, @priority, @cost, @content_hash, @now, @deadline, @run, @started_at,
                      @lease_until)
              RETURNING seq
            ), texts AS (
              INSERT INTO job_texts (job, fields, webhook, trace_parent) SELECT seq, @fields, @webhook, @trace_parent FROM made
            ), files AS (
              {files.Sql}
            )
            INSERT INTO idempotency_keys AS k (caller, key, fingerprint, job, expires_at)
            SELECT @caller, @key, @fingerprint, seq, @expires_at FROM made WHERE @key::text IS NOT NULL
            ON CONFLICT (caller, key) DO UPDATE
              SET fingerprint = excluded.fingerprint, job = excluded.job, expires_at = excluded.expires_at
              WHERE k.expires_at <= @now
            """,
            [
                ("@id", job.Id),
                ("@caller", job.Caller),
                ("@type", job.Type),
                ("@status", (runs ? JobStatus.Running : JobStatus.Queued).ToText()),
                ("@priority", (int)job.Priority),
                ("@cost", job.Cost),
                ("@content_hash", job.ContentHash),
                ("@now", Now),
                ("@deadline", job.Deadline?.ToUnixTimeMilliseconds()),
                ("@run", runs ? 1 : 0),
                ("@started_at", runs ? Now : null),
                ("@lease_until", job.Lease is { } lease ? After(lease) : null),
                ("@fields", job.Input.Fields),
                ("@webhook", job.Webhook),
                ("@trace_parent", job.TraceParent),
                ("@key", job.Key?.Key),
                ("@fingerprint", job.Key?.Fingerprint),
                ("@expires_at", Now + Hours(_options.IdempotencyHours)),
                .. files.Parameters,
            ]
        );
    }

    // A caller that comes starts level with the one that has had the least: no credit for the past, no debt either. A job that
    // is run at once is had at once.
    private PostgresStatement Share(NewJob job, bool isNew) =>
        new(
            """
            INSERT INTO shares AS s (caller, spent, used_at)
            SELECT @caller, @cost + COALESCE(MIN(o.spent), 0), @now FROM shares o
            WHERE o.caller IN (SELECT caller FROM jobs WHERE status = 'queued' UNION
                               SELECT caller FROM jobs WHERE status = 'running') AND o.caller <> @caller
            ON CONFLICT (caller) DO UPDATE
              SET spent = CASE WHEN @is_new THEN GREATEST(s.spent + @cost, excluded.spent) ELSE s.spent + @cost END,
                  used_at = @now
            """,
            ("@caller", job.Caller),
            ("@cost", job.Lease is null ? 0 : job.Cost),
            ("@is_new", isNew),
            ("@now", Now)
        );

    private Task<JobAdmission?> FindByKeyAsync(PostgresSession session, string caller, IdempotencyKey key) =>
        FirstAsync(
            session.QueryAsync(
                $"""
                SELECT k.fingerprint, {PostgresRows.Columns} FROM {PostgresRows.Source} JOIN idempotency_keys k ON k.job = j.seq
                WHERE k.caller = @caller AND k.key = @key AND k.expires_at > @now
                """,
                row =>
                    key.Fingerprint.Equals(row.GetString(0), StringComparison.Ordinal)
                        ? new JobAdmission(JobAdmissionKind.Repeated, PostgresRows.ReadJob(row))
                        : new JobAdmission(JobAdmissionKind.KeyReused),
                ("@caller", caller),
                ("@key", key.Key),
                ("@now", Now)
            )
        );

    private static PostgresStatement ById(string id) =>
        new($"SELECT {PostgresRows.Columns} FROM {PostgresRows.Source} WHERE j.id = @id", ("@id", id));

    private static async Task<T?> FirstAsync<T>(Task<List<T>> rows)
        where T : class => (await rows).SingleOrDefault();

    private long After(TimeSpan wait) => Now + (long)wait.TotalMilliseconds;

    private static long Hours(int hours) => hours * 3_600_000L;
}
