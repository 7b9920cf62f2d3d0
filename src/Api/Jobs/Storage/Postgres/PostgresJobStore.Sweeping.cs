namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

internal sealed partial class PostgresJobStore
{
    public async Task<IReadOnlyList<MovedJob>> SweepAsync(CancellationToken cancellationToken)
    {
        // Each in a transaction of its own: they do not depend on one another, and hold few locks for a short time. Several
        // servers sweep at once, each what the others leave.
        List<MovedJob> moved =
        [
            .. await database.WriteAsync(SweepWaitingAsync, cancellationToken),
            .. await database.WriteAsync(SweepResultsAsync, cancellationToken),
        ];
        await database.WriteAsync(SweepHistoryAsync, cancellationToken);
        // Asked after the calls before it: they would have found out that the database was away.
        if (database.Availability.For >= TimeSpan.FromSeconds(_options.LeaseSeconds))
        {
            moved.AddRange(await database.WriteAsync(SweepLeasesAsync, cancellationToken));
            if (moved.Exists(job => job.WasLeased))
            {
                // Others like those that have just broken a server the second time.
                moved.AddRange(await database.WriteAsync(SweepWaitingAsync, cancellationToken));
            }
        }
        return moved;
    }

    private async Task<List<MovedJob>> SweepWaitingAsync(PostgresSession session)
    {
        List<(long Seq, string Id, bool IsLate)> hopeless = await session.QueryAsync(
            """
            SELECT seq, id, COALESCE(deadline <= @now, false) FROM jobs
            WHERE status = 'queued'
              AND (deadline <= @now OR content_hash IN (SELECT content_hash FROM suspects WHERE crashes >= @poison))
            ORDER BY seq LIMIT @most FOR UPDATE SKIP LOCKED
            """,
            row => (row.GetInt64(0), row.GetString(1), row.GetBoolean(2)),
            ("@now", Now),
            ("@poison", JobRules.CrashesOfAPoison),
            ("@most", JobRules.MostSwept)
        );
        long[] late = [.. hopeless.Where(job => job.IsLate).Select(job => job.Seq)];
        long[] poisoned = [.. hopeless.Where(job => !job.IsLate).Select(job => job.Seq)];
        await EndAsync(session, late, JobStatus.Expired, JobRules.Late);
        await EndAsync(session, poisoned, JobStatus.Failed, JobRules.Poisoned);
        return [.. hopeless.Select(job => new MovedJob(job.Id, job.IsLate ? JobStatus.Expired : JobStatus.Failed))];
    }

    private async Task<List<MovedJob>> SweepResultsAsync(PostgresSession session)
    {
        List<(long Seq, string Id)> old = await session.QueryAsync(
            """
            WITH old AS MATERIALIZED (
              SELECT seq FROM jobs WHERE status = 'succeeded' AND finished_at <= @then
              ORDER BY finished_at LIMIT @most FOR UPDATE SKIP LOCKED
            )
            UPDATE jobs j SET status = 'expired' FROM old WHERE old.seq = j.seq RETURNING j.seq, j.id
            """,
            row => (row.GetInt64(0), row.GetString(1)),
            ("@then", Now - Hours(_options.ResultHours)),
            ("@most", JobRules.MostSwept)
        );
        if (old.Count > 0)
        {
            long[] seqs = [.. old.Select(job => job.Seq)];
            await session.ExecuteAsync(
                new PostgresStatement("UPDATE job_texts SET answer = NULL WHERE job = ANY(@seqs)", ("@seqs", seqs)),
                new PostgresStatement("DELETE FROM job_files WHERE job = ANY(@seqs)", ("@seqs", seqs))
            );
        }
        return [.. old.Select(job => new MovedJob(job.Id, JobStatus.Expired))];
    }

    private async Task<int> SweepHistoryAsync(PostgresSession session)
    {
        await session.ExecuteAsync(
            new PostgresStatement(
                """
                DELETE FROM jobs WHERE seq = ANY(ARRAY(
                  SELECT seq FROM jobs WHERE finished_at < @history ORDER BY finished_at LIMIT @most FOR UPDATE SKIP LOCKED))
                """,
                ("@history", Now - Hours(_options.ResultHours + _options.HistoryHours)),
                ("@most", JobRules.MostSwept)
            ),
            new PostgresStatement(
                """
                DELETE FROM idempotency_keys k USING (
                  SELECT caller, key FROM idempotency_keys WHERE expires_at <= @now
                  ORDER BY expires_at LIMIT @most FOR UPDATE SKIP LOCKED) old
                WHERE k.caller = old.caller AND k.key = old.key
                """,
                ("@now", Now),
                ("@most", JobRules.MostSwept)
            ),
            new PostgresStatement(
                "DELETE FROM suspects WHERE last_at <= @then",
                ("@then", Now - (long)JobRules.LongestSuspicion.TotalMilliseconds)
            ),
            // Not those of callers that have just come, whose jobs nobody may see yet.
            new PostgresStatement(
                """
                DELETE FROM shares s WHERE used_at <= @then
                  AND NOT EXISTS (SELECT FROM jobs j WHERE j.caller = s.caller AND j.status = 'queued')
                  AND NOT EXISTS (SELECT FROM jobs j WHERE j.caller = s.caller AND j.status = 'running')
                """,
                ("@then", Now - Hours(1))
            )
        );
        return 0;
    }

    private async Task<List<MovedJob>> SweepLeasesAsync(PostgresSession session)
    {
        List<DeadRun> dead = await session.QueryAsync(
            """
            SELECT seq, id, content_hash, faults, cancel_requested FROM jobs WHERE status = 'running' AND lease_until <= @now
            ORDER BY seq LIMIT @most FOR UPDATE SKIP LOCKED
            """,
            row => new DeadRun(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetBoolean(4)),
            ("@now", Now),
            ("@most", JobRules.MostSwept)
        );
        if (dead.Count == 0)
        {
            return [];
        }
        Dictionary<string, int> crashes = await SuspectAsync(session, dead.Select(run => run.Content));
        List<MovedJob> moved = [];
        foreach (
            IGrouping<(JobStatus Status, JobFailure? Failure), DeadRun> fate in dead.GroupBy(run =>
                FateOf(run, crashes[run.Content])
            )
        )
        {
            long[] seqs = [.. fate.Select(run => run.Seq)];
            if (fate.Key.Status == JobStatus.Queued)
            {
                await session.ExecuteAsync(Requeue(seqs, faults: 1, TimeSpan.Zero));
            }
            else
            {
                await EndAsync(session, seqs, fate.Key.Status, fate.Key.Failure);
            }
            moved.AddRange(fate.Select(run => new MovedJob(run.Id, fate.Key.Status, WasLeased: true)));
        }
        return moved;
    }

    private (JobStatus Status, JobFailure? Failure) FateOf(DeadRun run, int crashes) =>
        run.IsCancelled ? (JobStatus.Cancelled, null)
        : crashes >= JobRules.CrashesOfAPoison ? (JobStatus.Failed, JobRules.Poisoned)
        : run.Faults + 1 >= _options.MaxAttempts ? (JobStatus.Failed, JobRules.Abandoned)
        : (JobStatus.Queued, null);

    // In one order, as other servers note other crashes at the same time.
    private async Task<Dictionary<string, int>> SuspectAsync(PostgresSession session, IEnumerable<string> contents) =>
        (
            await session.QueryAsync(
                """
                INSERT INTO suspects AS s (content_hash, crashes, last_at)
                SELECT c, COUNT(*)::integer, @now FROM unnest(@contents) AS c GROUP BY c ORDER BY c
                ON CONFLICT (content_hash) DO UPDATE SET crashes = s.crashes + excluded.crashes, last_at = @now
                RETURNING content_hash, crashes
                """,
                row => (Content: row.GetString(0), Crashes: row.GetInt32(1)),
                ("@contents", contents.ToArray()),
                ("@now", Now)
            )
        ).ToDictionary(row => row.Content, row => row.Crashes);

    private async Task EndAsync(PostgresSession session, long[] seqs, JobStatus status, JobFailure? failure)
    {
        if (seqs.Length > 0)
        {
            await session.ExecuteAsync(End(seqs, status, failure));
        }
    }

    private sealed record DeadRun(long Seq, string Id, string Content, int Faults, bool IsCancelled);
}
