namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

internal sealed partial class PostgresJobStore
{
    // Ended jobs are many, and counted for measurements alone.
    private static readonly TimeSpan CountInterval = TimeSpan.FromMinutes(1);

    private volatile EndedCount? _ended;

    public Task<Job?> FindAsync(string caller, string id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session =>
                FirstAsync(
                    session.QueryAsync(
                        $"""
                        SELECT {PostgresRows.Columns} FROM {PostgresRows.Source}
                        WHERE j.id = @id AND j.caller = @caller AND NOT j.forgotten
                        """,
                        PostgresRows.ReadJob,
                        ("@id", id),
                        ("@caller", caller)
                    )
                ),
            cancellationToken
        );

    public Task<JobPage> ListAsync(
        string caller,
        JobStatus? status,
        JobCursor? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            async session =>
            {
                List<Job> rows = await session.QueryAsync(
                    $"""
                    SELECT {PostgresRows.Columns} FROM {PostgresRows.Source}
                    WHERE j.caller = @caller AND NOT j.forgotten
                      AND (@status::text IS NULL OR j.status = @status)
                      AND (@created_at::bigint IS NULL OR (j.created_at, j.id) < (@created_at, @id::text COLLATE "C"))
                    ORDER BY j.created_at DESC, j.id DESC LIMIT @limit
                    """,
                    PostgresRows.ReadJob,
                    ("@caller", caller),
                    ("@status", status?.ToText()),
                    ("@created_at", after?.CreatedAt),
                    ("@id", after?.Id),
                    // One more than asked for tells whether there is a next page.
                    ("@limit", limit + 1)
                );
                Job[] page = [.. rows.Take(limit)];
                JobCursor? next =
                    rows.Count > limit ? new JobCursor(page[^1].CreatedAt.ToUnixTimeMilliseconds(), page[^1].Id) : null;
                return new JobPage(page, next);
            },
            cancellationToken
        );

    public Task<JobPlace?> PlaceAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync(session => PlaceAsync(session, id), cancellationToken);

    public Task<JobCounts> CountAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(CountAsync, cancellationToken);

    public async Task<IReadOnlySet<string>> ReferencedBlobsAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(
            async session =>
                (await session.QueryAsync("SELECT DISTINCT hash FROM job_files", row => row.GetString(0))).ToHashSet(),
            cancellationToken
        );

    private async Task<JobCounts> CountAsync(PostgresSession session)
    {
        List<(JobStatus Status, int Count, long? Oldest)> open = await session.QueryAsync(
            """
            SELECT 'queued', COUNT(*)::integer, MIN(created_at) FROM jobs WHERE status = 'queued'
            UNION ALL SELECT 'running', COUNT(*)::integer, NULL FROM jobs WHERE status = 'running'
            """,
            row =>
                (
                    JobStatusText.Parse(row.GetString(0)),
                    row.GetInt32(1),
                    row.IsDBNull(2) ? null : (long?)row.GetInt64(2)
                )
        );
        EndedCount ended = await CountEndedAsync(session);
        long? oldest = open.Max(row => row.Oldest);
        return new JobCounts(
            open.Select(row => (row.Status, row.Count))
                .Where(row => row.Count > 0)
                .Concat(ended.Counts)
                .ToDictionary(row => row.Status, row => row.Count),
            oldest is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null
        );
    }

    private async Task<EndedCount> CountEndedAsync(PostgresSession session)
    {
        DateTimeOffset now = clock.Now;
        if (_ended is { } known && now - known.At < CountInterval)
        {
            return known;
        }
        List<(JobStatus Status, int Count)> counts = await session.QueryAsync(
            """
            SELECT status, COUNT(*)::integer FROM jobs
            WHERE status NOT IN ('queued', 'running') AND NOT forgotten GROUP BY status
            """,
            row => (JobStatusText.Parse(row.GetString(0)), row.GetInt32(1))
        );
        var ended = new EndedCount(now, counts);
        _ended = ended;
        return ended;
    }

    private async Task<JobPlace?> PlaceAsync(PostgresSession session, string id)
    {
        // Of each caller the waiting jobs of the same class and deadline: how many come before this one if callers take turns.
        // Beside them, in each row alike, what comes before it in any case.
        List<Level> level = await session.QueryAsync(
            $"""
            WITH waiting AS ({Waiting}), mine AS (SELECT * FROM waiting WHERE id = @id),
            before AS (
              SELECT COUNT(*) AS jobs, COALESCE(SUM(w.cost), 0) AS cost FROM waiting w, mine m
              WHERE w.class < m.class OR (w.class = m.class AND w.due < m.due)
            ),
            running AS (
              SELECT COALESCE(SUM(cost * (1.0 - CASE WHEN steps > 0 THEN 1.0 * step / steps ELSE 0 END)), 0) AS cost
              FROM jobs WHERE status = 'running'
            ),
            level AS (
              SELECT w.caller = m.caller AS is_own,
                     COUNT(*) FILTER (WHERE w.caller <> m.caller OR w.seq < m.seq) AS ahead,
                     COALESCE(SUM(w.cost) FILTER (WHERE w.seq <> m.seq), 0) AS cost
              FROM waiting w, mine m
              WHERE w.class = m.class AND w.due = m.due AND (w.caller <> m.caller OR w.seq <= m.seq)
              GROUP BY w.caller, m.caller
            )
            SELECT l.is_own, l.ahead, l.cost, b.jobs, b.cost + r.cost FROM level l, before b, running r
            """,
            row => new Level(row.GetBoolean(0), row.GetInt64(1), row.GetDouble(2), row.GetInt64(3), row.GetDouble(4)),
            Times(("@id", id))
        );
        if (level.Count == 0)
        {
            return null;
        }
        long own = level.Where(row => row.IsOwn).Sum(row => row.Ahead);
        double ahead = level[0].CostBefore;
        long position = 1 + level[0].Before;
        foreach (Level caller in level)
        {
            // Callers take turns: each other one has at most one turn more than this caller had before this job.
            long turns = caller.IsOwn ? caller.Ahead : Math.Min(caller.Ahead, own + 1);
            position += turns;
            ahead += caller.Ahead == 0 ? 0 : caller.Cost * turns / caller.Ahead;
        }
        return new JobPlace((int)Math.Min(position, int.MaxValue), ahead);
    }

    private sealed record EndedCount(DateTimeOffset At, IReadOnlyList<(JobStatus Status, int Count)> Counts);

    private readonly record struct Level(bool IsOwn, long Ahead, double Cost, long Before, double CostBefore);
}
