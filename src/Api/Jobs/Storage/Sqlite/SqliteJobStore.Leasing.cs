using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

internal sealed partial class SqliteJobStore
{
    /// <summary>What waits, with the class it has grown into by waiting (0 is the most urgent) and a deadline that compares.</summary>
    private const string Waiting = """
        SELECT j.*, MAX(0, j.priority - (@now - j.created_at) / @ageing) AS class, COALESCE(j.deadline, 9e18) AS due
        FROM jobs j WHERE j.status = 'queued'
        """;

    public async Task<IReadOnlyList<LeasedJob>> DequeueAsync(
        int most,
        TimeSpan lease,
        bool isIdle,
        CancellationToken cancellationToken
    )
    {
        // The worker asks before anyone has made a job; that must not make the file.
        return _database.Exists
            ? await _database.WriteAsync(connection => Dequeue(connection, most, lease, isIdle), cancellationToken)
            : [];
    }

    public async Task<IReadOnlyList<LeaseState>> HeartbeatAsync(
        IReadOnlyList<JobHeartbeat> beats,
        TimeSpan lease,
        CancellationToken cancellationToken
    ) =>
        await _database.WriteAsync<IReadOnlyList<LeaseState>>(
            connection => [.. beats.Select(beat => Beat(connection, beat, lease))],
            cancellationToken
        );

    private List<LeasedJob> Dequeue(SqliteConnection connection, int most, TimeSpan lease, bool isIdle)
    {
        List<LeasedJob> leased = [];
        while (leased.Count < most && Next(connection) is { } next)
        {
            bool isAlone = isIdle && leased.Count == 0;
            if (next.IsSuspect && !isAlone)
            {
                // It is next, so the server takes nothing else until it is idle.
                break;
            }
            Start(connection, next.Seq, lease);
            leased.Add(new LeasedJob(ById(connection, next.Seq), connection.InputOf(next.Seq)));
            if (next.IsSuspect)
            {
                break;
            }
        }
        return leased;
    }

    private (long Seq, bool IsSuspect)? Next(SqliteConnection connection) =>
        connection
            .Query(
                $"""
                WITH waiting AS ({Waiting})
                SELECT w.seq, COALESCE(s.crashes, 0)
                FROM waiting w
                LEFT JOIN shares f ON f.caller = w.caller
                LEFT JOIN suspects s ON s.content_hash = w.content_hash
                WHERE w.not_before <= @now AND w.due > @now AND COALESCE(s.crashes, 0) < {JobRules.CrashesOfAPoison}
                ORDER BY w.class, w.due, f.spent, w.seq LIMIT 1
                """,
                row => ((long, bool)?)(row.GetInt64(0), row.GetInt64(1) > 0),
                Times()
            )
            .SingleOrDefault();

    private void Start(SqliteConnection connection, long seq, TimeSpan lease)
    {
        connection.Execute(
            """
            UPDATE jobs SET status = 'running', run = run + 1, started_at = @now, lease_until = @until, step = 0, steps = 0
            WHERE seq = @seq
            """,
            ("@seq", seq),
            ("@now", Now),
            ("@until", Now + (long)lease.TotalMilliseconds)
        );
        connection.Execute(
            """
            UPDATE shares SET spent = spent + (SELECT cost FROM jobs WHERE seq = @seq)
            WHERE caller = (SELECT caller FROM jobs WHERE seq = @seq)
            """,
            ("@seq", seq)
        );
    }

    private LeaseState Beat(SqliteConnection connection, JobHeartbeat beat, TimeSpan lease) =>
        connection.Number(
            """
            UPDATE jobs SET lease_until = @until, step = @step, steps = @steps
            WHERE id = @id AND run = @run AND status = 'running'
            RETURNING cancel_requested
            """,
            ("@id", beat.Lease.JobId),
            ("@run", beat.Lease.Run),
            ("@until", Now + (long)lease.TotalMilliseconds),
            ("@step", beat.Step),
            ("@steps", beat.Steps)
        ) switch
        {
            null => LeaseState.Lost,
            0 => LeaseState.Held,
            _ => LeaseState.CancelRequested,
        };

    private (string Name, object? Value)[] Times(params ReadOnlySpan<(string Name, object? Value)> more) =>
        [("@now", Now), ("@ageing", _options.AgeingSeconds * 1_000L), .. more];
}
