using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

internal sealed partial class SqliteJobStore
{
    public Task<FinishOutcome> CompleteAsync(JobLease lease, JobResult result, CancellationToken cancellationToken) =>
        FinishAsync(
            lease,
            (connection, running) =>
            {
                End(connection, running.Seq, JobStatus.Succeeded, failure: null);
                connection.Execute(
                    "UPDATE jobs SET answer = @answer WHERE seq = @seq",
                    ("@seq", running.Seq),
                    ("@answer", result.Answer)
                );
                connection.AddFiles(running.Seq, JobRows.Result, result.Files);
            },
            cancellationToken
        );

    public Task<FinishOutcome> FailAsync(
        JobLease lease,
        JobStatus status,
        JobFailure failure,
        CancellationToken cancellationToken
    ) => FinishAsync(lease, (connection, running) => End(connection, running.Seq, status, failure), cancellationToken);

    public Task<FinishOutcome> ReleaseAsync(
        JobLease lease,
        JobFailure? fault,
        TimeSpan delay,
        CancellationToken cancellationToken
    ) =>
        FinishAsync(
            lease,
            (connection, running) =>
            {
                if (fault is not null && running.Faults + 1 >= _options.MaxAttempts)
                {
                    End(connection, running.Seq, JobStatus.Failed, fault);
                    return;
                }
                Requeue(connection, running.Seq, fault is null ? 0 : 1, delay);
            },
            cancellationToken
        );

    public Task<CancelOutcome> CancelAsync(string caller, string id, CancellationToken cancellationToken) =>
        _database.WriteAsync(connection => Cancel(connection, caller, id), cancellationToken);

    // Whatever a run wants to write, it may only while it has the job; and a cancelled job is cancelled.
    private Task<FinishOutcome> FinishAsync(
        JobLease lease,
        Action<SqliteConnection, (long Seq, long Faults)> write,
        CancellationToken cancellationToken
    ) =>
        _database.WriteAsync(
            connection =>
            {
                (long Seq, long Faults, bool IsCancelled)? row = connection
                    .Query(
                        "SELECT seq, faults, cancel_requested FROM jobs WHERE id = @id AND run = @run AND status = 'running'",
                        row => ((long, long, bool)?)(row.GetInt64(0), row.GetInt64(1), row.GetBoolean(2)),
                        ("@id", lease.JobId),
                        ("@run", lease.Run)
                    )
                    .SingleOrDefault();
                if (row is not { } running)
                {
                    return FinishOutcome.LeaseLost;
                }
                if (running.IsCancelled)
                {
                    End(connection, running.Seq, JobStatus.Cancelled, failure: null);
                    return FinishOutcome.Cancelled;
                }
                write(connection, (running.Seq, running.Faults));
                return FinishOutcome.Written;
            },
            cancellationToken
        );

    private CancelOutcome Cancel(SqliteConnection connection, string caller, string id)
    {
        (long Seq, Job Job)? row = connection
            .Jobs("SELECT * FROM jobs WHERE id = @id AND caller = @caller", ("@id", id), ("@caller", caller))
            .Select(row => ((long, Job)?)row)
            .SingleOrDefault();
        if (row is not var (seq, job))
        {
            return CancelOutcome.Unknown;
        }
        switch (job.Status)
        {
            case JobStatus.Queued:
                End(connection, seq, JobStatus.Cancelled, failure: null);
                return CancelOutcome.Cancelled;
            case JobStatus.Running:
                connection.Execute("UPDATE jobs SET cancel_requested = 1 WHERE seq = @seq", ("@seq", seq));
                return CancelOutcome.Requested;
            default:
                // The row stays until its time, so that its key and this request can be repeated.
                connection.Execute("UPDATE jobs SET forgotten = 1, answer = NULL WHERE seq = @seq", ("@seq", seq));
                connection.Execute("DELETE FROM files WHERE job = @seq", ("@seq", seq));
                return CancelOutcome.Forgotten;
        }
    }

    private void End(SqliteConnection connection, long seq, JobStatus status, JobFailure? failure)
    {
        connection.Execute(
            """
            UPDATE jobs SET status = @status, finished_at = @now, lease_until = NULL, cancel_requested = 0,
                            failure_code = @code, failure_detail = @detail, failure_parameter = @parameter
            WHERE seq = @seq
            """,
            ("@seq", seq),
            ("@status", status.ToText()),
            ("@now", Now),
            ("@code", failure?.Code),
            ("@detail", failure?.Detail),
            ("@parameter", failure?.Parameter)
        );
        connection.Execute(
            "DELETE FROM files WHERE job = @seq AND role = @role",
            ("@seq", seq),
            ("@role", JobRows.Input)
        );
        connection.Execute(
            """
            INSERT INTO deliveries (job, attempts, due_at)
            SELECT seq, 0, @now FROM jobs WHERE seq = @seq AND webhook IS NOT NULL
            """,
            ("@seq", seq),
            ("@now", Now)
        );
    }

    private void Requeue(SqliteConnection connection, long seq, int faults, TimeSpan delay) =>
        connection.Execute(
            """
            UPDATE jobs SET status = 'queued', faults = faults + @faults, lease_until = NULL, not_before = @not_before,
                            step = 0, steps = 0
            WHERE seq = @seq
            """,
            ("@seq", seq),
            ("@faults", faults),
            ("@not_before", Now + (long)delay.TotalMilliseconds)
        );
}
