using System.Text.Json;
using InstructDiffusion.Engine.Batching;
using Npgsql;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>Jobs and their files, from and to rows.</summary>
internal static class PostgresRows
{
    /// <summary>The role of uploaded files.</summary>
    public const string Input = "input";

    /// <summary>The role of resulting files.</summary>
    public const string Result = "result";

    /// <summary>What a job is made of, of a <c>jobs j</c> and its <c>job_texts t</c>.</summary>
    public const string Columns = """
        j.seq, j.id, j.caller, j.type, j.status, j.priority, j.cost, j.created_at, j.deadline, j.started_at, j.finished_at,
        j.run, j.step, j.steps, j.cancel_requested, j.forgotten, t.webhook, t.trace_parent, t.failure_code, t.failure_detail,
        t.failure_parameter, t.answer,
        CASE WHEN t.answer IS NOT NULL THEN
          (SELECT json_agg(json_build_array(f.name, f.media_type, f.length, f.hash) ORDER BY f.position)::text
           FROM job_files f WHERE f.job = j.seq AND f.role = 'result')
        END AS results
        """;

    /// <summary>Where <see cref="Columns"/> are from.</summary>
    public const string Source = "jobs j JOIN job_texts t ON t.job = j.seq";

    /// <summary>Uploaded files of a job, for <see cref="Files"/>.</summary>
    public const string Inputs = """
        (SELECT json_agg(json_build_array(f.name, f.media_type, f.length, f.hash) ORDER BY f.position)::text
         FROM job_files f WHERE f.job = j.seq AND f.role = 'input') AS inputs
        """;

    /// <summary>A row of <see cref="Columns"/>.</summary>
    public static Job ReadJob(NpgsqlDataReader row) =>
        new()
        {
            Id = row.Text("id")!,
            Caller = row.Text("caller")!,
            Type = row.Text("type")!,
            Status = JobStatusText.Parse(row.Text("status")!),
            Priority = (EditPriority)row.GetInt32(row.GetOrdinal("priority")),
            Cost = row.GetDouble(row.GetOrdinal("cost")),
            CreatedAt = row.Time("created_at")!.Value,
            Deadline = row.Time("deadline"),
            StartedAt = row.Time("started_at"),
            FinishedAt = row.Time("finished_at"),
            Run = row.GetInt32(row.GetOrdinal("run")),
            Step = row.GetInt32(row.GetOrdinal("step")),
            Steps = row.GetInt32(row.GetOrdinal("steps")),
            IsCancelRequested = row.GetBoolean(row.GetOrdinal("cancel_requested")),
            IsForgotten = row.GetBoolean(row.GetOrdinal("forgotten")),
            Webhook = row.Text("webhook"),
            TraceParent = row.Text("trace_parent"),
            Failure = row.Text("failure_code") is { } code
                ? new JobFailure(code, row.Text("failure_detail") ?? "", row.Text("failure_parameter"))
                : null,
            Result = row.Text("answer") is { } answer ? new JobResult(answer, Files(row, "results")) : null,
        };

    /// <summary>Files that a query gathered.</summary>
    public static IReadOnlyList<StoredFile> Files(NpgsqlDataReader row, string column)
    {
        if (row.Text(column) is not { } text)
        {
            return [];
        }
        using JsonDocument files = JsonDocument.Parse(text);
        return
        [
            .. files
                .RootElement.EnumerateArray()
                .Select(file => new StoredFile(
                    file[0].GetString()!,
                    file[1].GetString()!,
                    file[2].GetInt64(),
                    file[3].GetString()!
                )),
        ];
    }

    /// <summary>A statement that stores the files of a job.</summary>
    /// <param name="job">An expression: its sequence number.</param>
    /// <param name="role">Theirs.</param>
    /// <param name="files">The files.</param>
    /// <param name="more">Parameters of the expression.</param>
    public static PostgresStatement AddFiles(
        string job,
        string role,
        IReadOnlyList<StoredFile> files,
        params (string Name, object? Value)[] more
    ) =>
        new(
            $"""
            INSERT INTO job_files (job, role, position, name, media_type, length, hash)
            SELECT {job}, '{role}', f.position, f.name, f.media_type, f.length, f.hash
            FROM unnest(@names, @media_types, @lengths, @hashes)
              WITH ORDINALITY AS f (name, media_type, length, hash, position)
            """,
            [
                .. more,
                ("@names", files.Select(file => file.Name).ToArray()),
                ("@media_types", files.Select(file => file.MediaType).ToArray()),
                ("@lengths", files.Select(file => file.Length).ToArray()),
                ("@hashes", files.Select(file => file.Hash).ToArray()),
            ]
        );

    public static string? Text(this NpgsqlDataReader row, string column)
    {
        int ordinal = row.GetOrdinal(column);
        return row.IsDBNull(ordinal) ? null : row.GetString(ordinal);
    }

    /// <summary>Times are stored as Unix milliseconds.</summary>
    private static DateTimeOffset? Time(this NpgsqlDataReader row, string column)
    {
        int ordinal = row.GetOrdinal(column);
        return row.IsDBNull(ordinal) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(ordinal));
    }
}
