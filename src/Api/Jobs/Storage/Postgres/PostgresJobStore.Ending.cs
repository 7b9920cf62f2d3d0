namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

internal sealed partial class PostgresJobStore
{
    public Task<FinishOutcome> CompleteAsync(JobLease lease, JobResult result, CancellationToken cancellationToken) =>
        FinishAsync(
            lease,
            running =>
                [
                    .. End([running.Seq], JobStatus.Succeeded, failure: null),
                    new PostgresStatement(
                        "UPDATE job_texts SET answer = @answer WHERE job = @seq",
                        ("@seq", running.Seq),
                        ("@answer", result.Answer)
                    ),
                    PostgresRows.AddFiles("@seq", PostgresRows.Result, result.Files, ("@seq", running.Seq)),
                ],
            cancellationToken
        );

    public Task<FinishOutcome> FailAsync(
        JobLease lease,
        JobStatus status,
        JobFailure failure,
        CancellationToken cancellationToken
    ) => FinishAsync(lease, running => End([running.Seq], status, failure), cancellationToken);

    public Task<FinishOutcome> ReleaseAsync(
        JobLease lease,
        JobFailure? fault,
        TimeSpan delay,
        CancellationToken cancellationToken
    ) =>
        FinishAsync(
            lease,
            running =>
                fault is not null && running.Faults + 1 >= _options.MaxAttempts
                    ? End([running.Seq], JobStatus.Failed, fault)
                    : [Requeue([running.Seq], fault is null ? 0 : 1, delay)],
            cancellationToken
        );

    public Task<CancelOutcome> CancelAsync(string caller, string id, CancellationToken cancellationToken) =>
        database.WriteAsync(session => CancelAsync(session, caller, id), cancellationToken);

    // Whatever a run wants to write, it may only while it has the job; and a cancelled job is cancelled.
    private Task<FinishOutcome> FinishAsync(
        JobLease lease,
        Func<(long Seq, int Faults), PostgresStatement[]> write,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async session =>
            {
                List<(long Seq, int Faults, bool IsCancelled)> rows = await session.QueryAsync(
                    """
                    SELECT seq, faults, cancel_requested FROM jobs WHERE id = @id AND run = @run AND status = 'running'
                    FOR UPDATE
                    """,
                    row => (row.GetInt64(0), row.GetInt32(1), row.GetBoolean(2)),
                    ("@id", lease.JobId),
                    ("@run", lease.Run)
                );
                if (rows is not [var running])
                {
                    return FinishOutcome.LeaseLost;
                }
                await session.ExecuteAsync(
                    running.IsCancelled
                        ? End([running.Seq], JobStatus.Cancelled, failure: null)
                        : write((running.Seq, running.Faults))
                );
                return running.IsCancelled ? FinishOutcome.Cancelled : FinishOutcome.Written;
            },
            cancellationToken
        );

    private async Task<CancelOutcome> CancelAsync(PostgresSession session, string caller, string id)
    {
        List<(long Seq, JobStatus Status)> rows = await session.QueryAsync(
            "SELECT seq, status FROM jobs WHERE id = @id AND caller = @caller FOR UPDATE",
            row => (row.GetInt64(0), JobStatusText.Parse(row.GetString(1))),
            ("@id", id),
            ("@caller", caller)
        );
        if (rows is not [var (seq, status)])
        {
            return CancelOutcome.Unknown;
        }
        switch (status)
        {
            case JobStatus.Queued:
                await session.ExecuteAsync(End([seq], JobStatus.Cancelled, failure: null));
                return CancelOutcome.Cancelled;
            case JobStatus.Running:
                await session.ExecuteAsync("UPDATE jobs SET cancel_requested = true WHERE seq = @seq", ("@seq", seq));
                return CancelOutcome.Requested;
            default:
                // The row stays until its time, so that its key and this request can be repeated.
                await session.ExecuteAsync(
                    new PostgresStatement("UPDATE jobs SET forgotten = true WHERE seq = @seq", ("@seq", seq)),
                    new PostgresStatement("UPDATE job_texts SET answer = NULL WHERE job = @seq", ("@seq", seq)),
                    new PostgresStatement("DELETE FROM job_files WHERE job = @seq", ("@seq", seq))
                );
                return CancelOutcome.Forgotten;
        }
    }

    private PostgresStatement[] End(long[] seqs, JobStatus status, JobFailure? failure) =>
        [
            new PostgresStatement(
                """
                UPDATE jobs SET status = @status, finished_at = @now, lease_until = NULL, cancel_requested = false
                WHERE seq = ANY(@seqs)
                """,
                ("@seqs", seqs),
                ("@status", status.ToText()),
                ("@now", Now)
            ),
            new PostgresStatement(
                """
                UPDATE job_texts SET failure_code = @code, failure_detail = @detail, failure_parameter = @parameter
                WHERE job = ANY(@seqs) AND @code::text IS NOT NULL
                """,
                ("@seqs", seqs),
                ("@code", failure?.Code),
                ("@detail", failure?.Detail),
                ("@parameter", failure?.Parameter)
            ),
            new PostgresStatement(
                "DELETE FROM job_files WHERE job = ANY(@seqs) AND role = @role",
                ("@seqs", seqs),
                ("@role", PostgresRows.Input)
            ),
            new PostgresStatement(
                """
                INSERT INTO deliveries (job, attempts, due_at)
                SELECT job, 0, @now FROM job_texts WHERE job = ANY(@seqs) AND webhook IS NOT NULL
                """,
                ("@seqs", seqs),
                ("@now", Now)
            ),
        ];

    private PostgresStatement Requeue(long[] seqs, int faults, TimeSpan delay) =>
        new(
            """
            UPDATE jobs SET status = 'queued', faults = faults + @faults, lease_until = NULL, not_before = @not_before,
                            step = 0, steps = 0
            WHERE seq = ANY(@seqs)
            """,
            ("@seqs", seqs),
            ("@faults", faults),
            ("@not_before", After(delay))
        );
}
