using Npgsql;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

internal sealed partial class PostgresJobStore
{
    // Jobs that others may be taking at this moment, and that a server looks past to find its own.
    private const int LookPast = 64;

    /// <summary>What waits, with the class it has grown into by waiting (0 is the most urgent) and a deadline that compares.</summary>
    private const string Waiting = """
        SELECT j.seq, j.id, j.caller, j.cost, j.content_hash, j.not_before,
               GREATEST(0, j.priority - (@now - j.created_at) / @ageing) AS class,
               COALESCE(j.deadline, 9223372036854775807) AS due
        FROM jobs j WHERE j.status = 'queued'
        """;

    /// <summary>
    /// The order is that of taking one job after the other, each charged to its caller's share: a job comes after what its
    /// caller has had, and will have had from the jobs before it. It is made without locks, for as many jobs as could be needed;
    /// then the first that nobody is taking are locked. A suspect is left where it is not the first, or the server not idle.
    /// </summary>
    private const string Take = $"""
        WITH waiting AS ({Waiting}),
        ready AS (
          SELECT w.seq, w.class, w.due, COALESCE(c.crashes, 0) > 0 AS is_suspect,
                 COALESCE(s.spent, 0) + COALESCE(SUM(w.cost) OVER (
                   PARTITION BY w.caller ORDER BY w.class, w.due, w.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                   AS had
          FROM waiting w
          LEFT JOIN shares s ON s.caller = w.caller
          LEFT JOIN suspects c ON c.content_hash = w.content_hash
          WHERE w.not_before <= @now AND w.due > @now AND COALESCE(c.crashes, 0) < @poison
        ),
        candidates AS MATERIALIZED (SELECT * FROM ready ORDER BY class, due, had, seq LIMIT @look),
        locked AS MATERIALIZED (
          SELECT k.* FROM candidates k JOIN jobs j ON j.seq = k.seq WHERE j.status = 'queued'
          ORDER BY k.class, k.due, k.had, k.seq LIMIT @most FOR UPDATE OF j SKIP LOCKED
        ),
        numbered AS (
          SELECT seq, row_number() OVER o AS place, bool_or(is_suspect) OVER o AS is_blocked
          FROM locked WINDOW o AS (ORDER BY class, due, had, seq)
        ),
        taken AS (
          UPDATE jobs j SET status = 'running', run = j.run + 1, started_at = @now, lease_until = @until, step = 0, steps = 0
          FROM numbered n WHERE n.seq = j.seq AND (NOT n.is_blocked OR (n.place = 1 AND @is_idle))
          RETURNING j.*, n.place
        ),
        charged AS (
          SELECT caller FROM shares WHERE caller IN (SELECT caller FROM taken) ORDER BY caller FOR UPDATE
        ),
        spent AS (
          UPDATE shares s SET spent = s.spent + t.cost, used_at = @now
          FROM (SELECT caller, SUM(cost) AS cost FROM taken GROUP BY caller) t JOIN charged c ON c.caller = t.caller
          WHERE s.caller = t.caller
        )
        SELECT {PostgresRows.Columns}, t.fields, {PostgresRows.Inputs}
        FROM taken j JOIN job_texts t ON t.job = j.seq ORDER BY j.place
        """;

    public async Task<IReadOnlyList<LeasedJob>> DequeueAsync(
        int most,
        TimeSpan lease,
        bool isIdle,
        CancellationToken cancellationToken
    ) =>
        await database.WriteAsync(
            session =>
                session.QueryAsync(
                    Take,
                    ReadLeased,
                    Times(
                        ("@until", After(lease)),
                        ("@most", most),
                        ("@look", most + LookPast),
                        ("@poison", JobRules.CrashesOfAPoison),
                        ("@is_idle", isIdle)
                    )
                ),
            cancellationToken
        );

    public async Task<IReadOnlyList<LeaseState>> HeartbeatAsync(
        IReadOnlyList<JobHeartbeat> beats,
        TimeSpan lease,
        CancellationToken cancellationToken
    )
    {
        Dictionary<JobLease, bool> held = await database.WriteAsync(
            session => BeatAsync(session, beats, lease),
            cancellationToken
        );
        return
        [
            .. beats.Select(beat =>
                !held.TryGetValue(beat.Lease, out bool isCancelled) ? LeaseState.Lost
                : isCancelled ? LeaseState.CancelRequested
                : LeaseState.Held
            ),
        ];
    }

    private async Task<Dictionary<JobLease, bool>> BeatAsync(
        PostgresSession session,
        IReadOnlyList<JobHeartbeat> beats,
        TimeSpan lease
    )
    {
        // Without waiting for the disk: if the database crashes, the last heartbeat is forgotten, and the next one comes soon.
        await session.ExecuteAsync("SET LOCAL synchronous_commit TO OFF");
        List<(JobLease Lease, bool IsCancelled)> held = await session.QueryAsync(
            """
            WITH held AS (
              SELECT j.seq, b.step, b.steps FROM jobs j
              JOIN unnest(@ids, @runs, @reached, @of) AS b (id, run, step, steps) ON b.id = j.id AND b.run = j.run
              WHERE j.status = 'running' ORDER BY j.seq FOR UPDATE OF j
            )
            UPDATE jobs j SET lease_until = @until, step = h.step, steps = h.steps FROM held h WHERE h.seq = j.seq
            RETURNING j.id, j.run, j.cancel_requested
            """,
            row => (new JobLease(row.GetString(0), row.GetInt32(1)), row.GetBoolean(2)),
            ("@ids", beats.Select(beat => beat.Lease.JobId).ToArray()),
            ("@runs", beats.Select(beat => beat.Lease.Run).ToArray()),
            ("@reached", beats.Select(beat => beat.Step).ToArray()),
            ("@of", beats.Select(beat => beat.Steps).ToArray()),
            ("@until", After(lease))
        );
        return held.ToDictionary(row => row.Lease, row => row.IsCancelled);
    }

    private static LeasedJob ReadLeased(NpgsqlDataReader row) =>
        new(PostgresRows.ReadJob(row), new JobInput(row.Text("fields")!, PostgresRows.Files(row, "inputs")));

    private (string Name, object? Value)[] Times(params ReadOnlySpan<(string Name, object? Value)> more) =>
        [("@now", Now), ("@ageing", _options.AgeingSeconds * 1_000L), .. more];
}
