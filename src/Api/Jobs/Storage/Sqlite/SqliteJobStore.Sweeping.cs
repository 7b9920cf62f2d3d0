using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

internal sealed partial class SqliteJobStore
{
    public async Task<IReadOnlyList<MovedJob>> SweepAsync(CancellationToken cancellationToken) =>
        _database.Exists ? await _database.WriteAsync(Sweep, cancellationToken) : [];

    public async Task<IReadOnlyList<WebhookDelivery>> TakeDeliveriesAsync(
        int most,
        TimeSpan lease,
        CancellationToken cancellationToken
    ) =>
        _database.Exists
            ? await _database.WriteAsync(connection => TakeDeliveries(connection, most, lease), cancellationToken)
            : [];

    public Task SettleDeliveryAsync(long id, TimeSpan? retryAfter, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            connection =>
                retryAfter is { } wait
                    ? connection.Execute(
                        "UPDATE deliveries SET due_at = @due WHERE id = @id",
                        ("@id", id),
                        ("@due", Now + (long)wait.TotalMilliseconds)
                    )
                    : connection.Execute("DELETE FROM deliveries WHERE id = @id", ("@id", id)),
            cancellationToken
        );

    private List<MovedJob> Sweep(SqliteConnection connection)
    {
        List<MovedJob> moved = [];
        SweepLeases(connection, moved);
        SweepWaiting(connection, moved);
        SweepResults(connection, moved);
        long history = Now - Hours(_options.ResultHours + _options.HistoryHours);
        connection.Execute(
            "DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE finished_at < @history LIMIT @most)",
            ("@history", history),
            ("@most", JobRules.MostSwept)
        );
        connection.Execute("DELETE FROM idempotency_keys WHERE expires_at <= @now", ("@now", Now));
        connection.Execute(
            "DELETE FROM suspects WHERE last_at <= @then",
            ("@then", Now - (long)JobRules.LongestSuspicion.TotalMilliseconds)
        );
        connection.Execute("DELETE FROM shares WHERE caller NOT IN (SELECT caller FROM jobs)");
        return moved;
    }

    private void SweepLeases(SqliteConnection connection, List<MovedJob> moved)
    {
        List<(long Seq, string Id, string Content, long Faults, bool IsCancelled)> dead = connection.Query(
            """
            SELECT seq, id, content_hash, faults, cancel_requested FROM jobs
            WHERE status = 'running' AND lease_until <= @now LIMIT @most
            """,
            row => (row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetBoolean(4)),
            ("@now", Now),
            ("@most", JobRules.MostSwept)
        );
        foreach ((long seq, string id, string content, long faults, bool isCancelled) in dead)
        {
            long crashes = Suspect(connection, content);
            JobStatus status = JobStatus.Queued;
            if (isCancelled)
            {
                status = JobStatus.Cancelled;
                End(connection, seq, status, failure: null);
            }
            else if (crashes >= JobRules.CrashesOfAPoison || faults + 1 >= _options.MaxAttempts)
            {
                status = JobStatus.Failed;
                End(
                    connection,
                    seq,
                    status,
                    crashes >= JobRules.CrashesOfAPoison ? JobRules.Poisoned : JobRules.Abandoned
                );
            }
            else
            {
                Requeue(connection, seq, faults: 1, TimeSpan.Zero);
            }
            moved.Add(new MovedJob(id, status, WasLeased: true));
        }
    }

    private long Suspect(SqliteConnection connection, string content) =>
        connection
            .Number(
                """
                INSERT INTO suspects (content_hash, crashes, last_at) VALUES (@content, 1, @now)
                ON CONFLICT (content_hash) DO UPDATE SET crashes = crashes + 1, last_at = @now
                RETURNING crashes
                """,
                ("@content", content),
                ("@now", Now)
            )!
            .Value;

    private void SweepWaiting(SqliteConnection connection, List<MovedJob> moved)
    {
        List<(long Seq, string Id, bool IsLate)> hopeless = connection.Query(
            """
            SELECT seq, id, COALESCE(deadline <= @now, 0) FROM jobs
            WHERE status = 'queued'
              AND (deadline <= @now OR content_hash IN (SELECT content_hash FROM suspects WHERE crashes >= @poison))
            LIMIT @most
            """,
            row => (row.GetInt64(0), row.GetString(1), row.GetBoolean(2)),
            ("@now", Now),
            ("@poison", JobRules.CrashesOfAPoison),
            ("@most", JobRules.MostSwept)
        );
        foreach ((long seq, string id, bool isLate) in hopeless)
        {
            JobStatus status = isLate ? JobStatus.Expired : JobStatus.Failed;
            End(connection, seq, status, isLate ? JobRules.Late : JobRules.Poisoned);
            moved.Add(new MovedJob(id, status));
        }
    }

    private void SweepResults(SqliteConnection connection, List<MovedJob> moved)
    {
        List<(long Seq, string Id)> old = connection.Query(
            """
            UPDATE jobs SET status = 'expired', answer = NULL
            WHERE seq IN (SELECT seq FROM jobs WHERE status = 'succeeded' AND finished_at <= @then LIMIT @most)
            RETURNING seq, id
            """,
            row => (row.GetInt64(0), row.GetString(1)),
            ("@then", Now - Hours(_options.ResultHours)),
            ("@most", JobRules.MostSwept)
        );
        foreach ((long seq, string id) in old)
        {
            connection.Execute("DELETE FROM files WHERE job = @seq", ("@seq", seq));
            moved.Add(new MovedJob(id, JobStatus.Expired));
        }
    }

    private List<WebhookDelivery> TakeDeliveries(SqliteConnection connection, int most, TimeSpan lease)
    {
        List<(long Id, long Seq, int Attempt)> due = connection.Query(
            """
            UPDATE deliveries SET attempts = attempts + 1, due_at = @until
            WHERE id IN (SELECT id FROM deliveries WHERE due_at <= @now ORDER BY due_at LIMIT @most)
            RETURNING id, job, attempts
            """,
            row => (row.GetInt64(0), row.GetInt64(1), row.GetInt32(2)),
            ("@now", Now),
            ("@until", Now + (long)lease.TotalMilliseconds),
            ("@most", most)
        );
        return [.. due.Select(row => new WebhookDelivery(row.Id, ById(connection, row.Seq), row.Attempt))];
    }
}
