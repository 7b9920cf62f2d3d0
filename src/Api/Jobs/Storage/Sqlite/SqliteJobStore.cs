using InstructDiffusion.Api.Configuration;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

/// <summary>Jobs in one SQLite file: no server to run, one server to use it.</summary>
internal sealed partial class SqliteJobStore : IJobStore, IDisposable
{
    private readonly JobsOptions _options;
    private readonly JobClock _clock;
    private readonly SqliteDatabase _database;

    public SqliteJobStore(IOptions<JobsOptions> options, JobClock clock)
    {
        _options = options.Value;
        _clock = clock;
        // The file has one user at a time, so whoever held a lease when this one opens it is dead.
        _database = new SqliteDatabase(
            _options.Path,
            TimeSpan.FromSeconds(_options.BusySeconds),
            connection => connection.Execute("UPDATE jobs SET lease_until = 0 WHERE status = 'running'")
        );
    }

    private long Now => _clock.Now.ToUnixTimeMilliseconds();

    public Task<JobAdmission> CreateAsync(NewJob job, CancellationToken cancellationToken) =>
        _database.WriteAsync(connection => Create(connection, job), cancellationToken);

    public Task<JobAdmission?> FindByKeyAsync(string caller, IdempotencyKey key, CancellationToken cancellationToken) =>
        _database.ReadAsync(connection => FindByKey(connection, caller, key), cancellationToken);

    public void Dispose() => _database.Dispose();

    private JobAdmission Create(SqliteConnection connection, NewJob job)
    {
        if (job.Key is { } key && FindByKey(connection, job.Caller, key) is { } known)
        {
            return known;
        }
        const string open = "SELECT COUNT(*) FROM jobs WHERE status IN ('queued', 'running')";
        long ofCaller = connection.Number($"{open} AND caller = @caller", ("@caller", job.Caller)) ?? 0;
        if (ofCaller >= _options.MaxOpenPerCaller)
        {
            return new JobAdmission(JobAdmissionKind.CallerFull);
        }
        if (connection.Number(open) >= _options.MaxOpen)
        {
            return new JobAdmission(JobAdmissionKind.Full);
        }
        if (ofCaller == 0)
        {
            LevelShare(connection, job.Caller);
        }
        long seq = Insert(connection, job);
        connection.AddFiles(seq, JobRows.Input, job.Input.Files);
        if (job.Key is { } newKey)
        {
            Remember(connection, seq, job.Caller, newKey);
        }
        if (job.Lease is { } lease)
        {
            Start(connection, seq, lease);
        }
        return new JobAdmission(JobAdmissionKind.Created, ById(connection, seq));
    }

    // A caller that comes starts level with the one that has had the least: no credit for the past, no debt either.
    private static void LevelShare(SqliteConnection connection, string caller) =>
        connection.Execute(
            """
            INSERT INTO shares (caller, spent)
            SELECT @caller, COALESCE(MIN(spent), 0) FROM shares
            WHERE caller IN (SELECT caller FROM jobs WHERE status IN ('queued', 'running'))
            ON CONFLICT (caller) DO UPDATE SET spent = MAX(spent, excluded.spent)
            """,
            ("@caller", caller)
        );

    private long Insert(SqliteConnection connection, NewJob job) =>
        connection
            .Number(
                """
                INSERT INTO jobs (id, caller, type, status, priority, cost, fields, content_hash, created_at, deadline, webhook,
                                  trace_parent, not_before, run, faults, step, steps, cancel_requested, forgotten)
                VALUES (@id, @caller, @type, 'queued', @priority, @cost, @fields, @content_hash, @now, @deadline, @webhook,
                        @trace_parent, 0, 0, 0, 0, 0, 0, 0)
                RETURNING seq
                """,
                ("@id", job.Id),
                ("@caller", job.Caller),
                ("@type", job.Type),
                ("@priority", (int)job.Priority),
                ("@cost", job.Cost),
                ("@fields", job.Input.Fields),
                ("@content_hash", job.ContentHash),
                ("@now", Now),
                ("@deadline", job.Deadline?.ToUnixTimeMilliseconds()),
                ("@webhook", job.Webhook),
                ("@trace_parent", job.TraceParent)
            )!
            .Value;

    private void Remember(SqliteConnection connection, long seq, string caller, IdempotencyKey key) =>
        connection.Execute(
            """
            INSERT OR REPLACE INTO idempotency_keys (caller, key, fingerprint, job, expires_at)
            VALUES (@caller, @key, @fingerprint, @job, @expires_at)
            """,
            ("@caller", caller),
            ("@key", key.Key),
            ("@fingerprint", key.Fingerprint),
            ("@job", seq),
            ("@expires_at", Now + Hours(_options.IdempotencyHours))
        );

    private JobAdmission? FindByKey(SqliteConnection connection, string caller, IdempotencyKey key)
    {
        (long Seq, string Fingerprint)? row = connection
            .Query(
                "SELECT job, fingerprint FROM idempotency_keys WHERE caller = @caller AND key = @key AND expires_at > @now",
                row => ((long, string)?)(row.GetInt64(0), row.GetString(1)),
                ("@caller", caller),
                ("@key", key.Key),
                ("@now", Now)
            )
            .SingleOrDefault();
        return row is not { } found ? null
            : found.Fingerprint.Equals(key.Fingerprint, StringComparison.Ordinal)
                ? new JobAdmission(JobAdmissionKind.Repeated, ById(connection, found.Seq))
            : new JobAdmission(JobAdmissionKind.KeyReused);
    }

    private static Job ById(SqliteConnection connection, long seq) =>
        connection.Jobs("SELECT * FROM jobs WHERE seq = @seq", ("@seq", seq)).Single().Job;

    private static long Hours(int hours) => hours * 3_600_000L;
}
