using InstructDiffusion.Engine.Batching;
using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

/// <summary>Jobs and their files, from and to rows.</summary>
internal static class JobRows
{
    /// <summary>The role of uploaded files.</summary>
    public const string Input = "input";

    /// <summary>The role of resulting files.</summary>
    public const string Result = "result";

    /// <summary>The jobs that a query for whole rows of <c>jobs</c> finds, with their sequence numbers.</summary>
    public static List<(long Seq, Job Job)> Jobs(
        this SqliteConnection connection,
        string sql,
        params ReadOnlySpan<(string Name, object? Value)> parameters
    )
    {
        List<(long Seq, Job Job)> rows = connection.Query(
            sql,
            row => (row.Integer("seq")!.Value, Read(row)),
            parameters
        );
        return
        [
            .. rows.Select(row =>
                row.Job.Result is { } result
                    ? (row.Seq, row.Job with { Result = result with { Files = connection.Files(row.Seq, Result) } })
                    : row
            ),
        ];
    }

    /// <summary>What a job works on.</summary>
    public static JobInput InputOf(this SqliteConnection connection, long seq)
    {
        string fields = connection
            .Query("SELECT fields FROM jobs WHERE seq = @seq", row => row.GetString(0), ("@seq", seq))
            .Single();
        return new JobInput(fields, connection.Files(seq, Input));
    }

    /// <summary>Stores the files of a job.</summary>
    public static void AddFiles(
        this SqliteConnection connection,
        long seq,
        string role,
        IReadOnlyList<StoredFile> files
    )
    {
        for (int i = 0; i < files.Count; i++)
        {
            connection.Execute(
                """
                INSERT INTO files (job, role, position, name, media_type, length, hash)
                VALUES (@job, @role, @position, @name, @media_type, @length, @hash)
                """,
                ("@job", seq),
                ("@role", role),
                ("@position", i),
                ("@name", files[i].Name),
                ("@media_type", files[i].MediaType),
                ("@length", files[i].Length),
                ("@hash", files[i].Hash)
            );
        }
    }

    private static List<StoredFile> Files(this SqliteConnection connection, long seq, string role) =>
        connection.Query(
            "SELECT name, media_type, length, hash FROM files WHERE job = @job AND role = @role ORDER BY position",
            row => new StoredFile(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetString(3)),
            ("@job", seq),
            ("@role", role)
        );

    private static Job Read(SqliteDataReader row) =>
        new()
        {
            Id = row.Text("id")!,
            Caller = row.Text("caller")!,
            Type = row.Text("type")!,
            Status = JobStatusText.Parse(row.Text("status")!),
            Priority = (EditPriority)row.Integer("priority")!.Value,
            Cost = row.GetDouble(row.GetOrdinal("cost")),
            CreatedAt = row.Time("created_at")!.Value,
            Deadline = row.Time("deadline"),
            StartedAt = row.Time("started_at"),
            FinishedAt = row.Time("finished_at"),
            Run = (int)row.Integer("run")!.Value,
            Step = (int)row.Integer("step")!.Value,
            Steps = (int)row.Integer("steps")!.Value,
            IsCancelRequested = row.Integer("cancel_requested") == 1,
            IsForgotten = row.Integer("forgotten") == 1,
            Webhook = row.Text("webhook"),
            TraceParent = row.Text("trace_parent"),
            Failure = row.Text("failure_code") is { } code
                ? new JobFailure(code, row.Text("failure_detail") ?? "", row.Text("failure_parameter"))
                : null,
            Result = row.Text("answer") is { } answer ? new JobResult(answer, []) : null,
        };
}
