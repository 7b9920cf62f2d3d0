using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

internal sealed partial class SqliteJobStore
{
    public Task<Job?> FindAsync(string caller, string id, CancellationToken cancellationToken) =>
        _database.ReadAsync(
            connection =>
                connection
                    .Jobs(
                        "SELECT * FROM jobs WHERE id = @id AND caller = @caller AND forgotten = 0",
                        ("@id", id),
                        ("@caller", caller)
                    )
                    .Select(row => row.Job)
                    .SingleOrDefault(),
            cancellationToken
        );

    public Task<JobPage> ListAsync(
        string caller,
        JobStatus? status,
        JobCursor? after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        _database.ReadAsync(
            connection =>
            {
                List<(long Seq, Job Job)> rows = connection.Jobs(
                    """
                    SELECT * FROM jobs
                    WHERE caller = @caller AND forgotten = 0 AND (@status IS NULL OR status = @status)
                      AND (@created_at IS NULL OR (created_at, id) < (@created_at, @id))
                    ORDER BY created_at DESC, id DESC LIMIT @limit
                    """,
                    ("@caller", caller),
                    ("@status", status?.ToText()),
                    ("@created_at", after?.CreatedAt),
                    ("@id", after?.Id),
                    // One more than asked for tells whether there is a next page.
                    ("@limit", limit + 1)
                );
                Job[] page = [.. rows.Take(limit).Select(row => row.Job)];
                JobCursor? next =
                    rows.Count > limit ? new JobCursor(page[^1].CreatedAt.ToUnixTimeMilliseconds(), page[^1].Id) : null;
                return new JobPage(page, next);
            },
            cancellationToken
        );

    public Task<JobPlace?> PlaceAsync(string id, CancellationToken cancellationToken) =>
        _database.ReadAsync(connection => Place(connection, id), cancellationToken);

    public async Task<JobCounts> CountAsync(CancellationToken cancellationToken) =>
        _database.Exists
            ? await _database.ReadAsync(Count, cancellationToken)
            : new JobCounts(new Dictionary<JobStatus, int>(), OldestQueued: null);

    public async Task<IReadOnlySet<string>> ReferencedBlobsAsync(CancellationToken cancellationToken)
    {
        if (!_database.Exists)
        {
            return new HashSet<string>();
        }
        return await _database.ReadAsync(
            connection => connection.Query("SELECT DISTINCT hash FROM files", row => row.GetString(0)).ToHashSet(),
            cancellationToken
        );
    }

    private static JobCounts Count(SqliteConnection connection)
    {
        List<(JobStatus Status, int Count)> rows = connection.Query(
            "SELECT status, COUNT(*) FROM jobs WHERE forgotten = 0 GROUP BY status",
            row => (JobStatusText.Parse(row.GetString(0)), row.GetInt32(1))
        );
        long? oldest = connection.Number("SELECT MIN(created_at) FROM jobs WHERE status = 'queued'");
        return new JobCounts(
            rows.ToDictionary(row => row.Status, row => row.Count),
            oldest is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null
        );
    }

    private JobPlace? Place(SqliteConnection connection, string id)
    {
        // The class and deadline of this job, and how many of each caller's jobs share them.
        List<(bool IsOwn, long Ahead, double Cost)> level = connection.Query(
            $"""
            WITH waiting AS ({Waiting}), mine AS (SELECT * FROM waiting WHERE id = @id)
            SELECT w.caller = m.caller, SUM(w.caller <> m.caller OR w.seq < m.seq), SUM(w.cost * (w.seq <> m.seq))
            FROM waiting w, mine m
            WHERE w.class = m.class AND w.due = m.due AND (w.caller <> m.caller OR w.seq <= m.seq)
            GROUP BY w.caller
            """,
            row => (row.GetBoolean(0), row.GetInt64(1), row.GetDouble(2)),
            Times(("@id", id))
        );
        if (level.Count == 0)
        {
            return null;
        }
        (long before, double costBefore) = connection
            .Query(
                $"""
                WITH waiting AS ({Waiting}), mine AS (SELECT * FROM waiting WHERE id = @id)
                SELECT COUNT(*), COALESCE(SUM(w.cost), 0) FROM waiting w, mine m
                WHERE w.class < m.class OR (w.class = m.class AND w.due < m.due)
                """,
                row => (row.GetInt64(0), row.GetDouble(1)),
                Times(("@id", id))
            )
            .Single();
        double running = connection
            .Query(
                """
                SELECT COALESCE(SUM(cost * (1.0 - CASE WHEN steps > 0 THEN 1.0 * step / steps ELSE 0 END)), 0)
                FROM jobs WHERE status = 'running'
                """,
                row => row.GetDouble(0)
            )
            .Single();
        long own = level.Where(row => row.IsOwn).Sum(row => row.Ahead);
        double ahead = running + costBefore;
        long position = 1 + before;
        foreach ((bool isOwn, long count, double cost) in level)
        {
            // Callers take turns: each other one has at most one turn more than this caller had before this job.
            long turns = isOwn ? count : Math.Min(count, own + 1);
            position += turns;
            ahead += count == 0 ? 0 : cost * turns / count;
        }
        return new JobPlace((int)Math.Min(position, int.MaxValue), ahead);
    }
}
