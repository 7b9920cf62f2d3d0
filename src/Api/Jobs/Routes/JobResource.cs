using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>A job as its owner sees it.</summary>
internal sealed record JobResource
{
    public required string Id { get; init; }
    public required string Type { get; init; }
    public required JobStatus Status { get; init; }
    public required EditPriority Priority { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its last run began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When the result is wanted at the latest.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>When its result goes.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>While it waits: 1 for the next; an estimate where several callers take turns.</summary>
    public int? Position { get; init; }

    /// <summary>While it is open: milliseconds until it is done, from recent speed; absent before anything was measured.</summary>
    public long? EtaMs { get; init; }

    /// <summary>While it runs: steps done.</summary>
    public int? Step { get; init; }

    /// <summary>While it runs: steps in all.</summary>
    public int? Steps { get; init; }

    /// <summary>How often it was started; more than once only if a server stopped meanwhile, or an error was unexpected.</summary>
    public required int Runs { get; init; }

    /// <summary>True from a wish to cancel until it has ended.</summary>
    public bool? Cancelling { get; init; }

    /// <summary>Why it failed or expired.</summary>
    public JobErrorResource? Error { get; init; }

    /// <summary>What it gave.</summary>
    public JobResultResource? Result { get; init; }

    public required JobLinks Links { get; init; }

    /// <summary>Changes with everything but the estimate of time.</summary>
    public string ETag()
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this with { EtaMs = null }, ApiJson.Options);
        return $"W/\"{Convert.ToHexStringLower(SHA256.HashData(json))[..32]}\"";
    }

    /// <summary>Seconds after which to ask again; null once it has ended.</summary>
    public string? RetryAfter()
    {
        const double least = 1;
        const double most = 60;
        return Status.IsOpen()
            ? Math.Ceiling(Math.Clamp((EtaMs ?? 0) / 1_000.0, least, most)).ToString(CultureInfo.InvariantCulture)
            : null;
    }
}

/// <summary>Why a job ended otherwise than well: a problem without the request that met it.</summary>
internal sealed record JobErrorResource
{
    /// <summary>See the list of problems.</summary>
    public required string Code { get; init; }
    public required string Title { get; init; }
    public required string Detail { get; init; }

    /// <summary>The field to blame, if one is.</summary>
    public string? Param { get; init; }

    public static JobErrorResource Of(JobFailure failure) =>
        new()
        {
            Code = failure.Code,
            Title = KindOf(failure).Title,
            Detail = failure.Detail,
            Param = failure.Parameter,
        };

    /// <summary>The kind of problem that a failure is.</summary>
    public static ProblemKind KindOf(JobFailure failure) =>
        ProblemKind.All.FirstOrDefault(kind => kind.Code.Equals(failure.Code, StringComparison.Ordinal))
        ?? ProblemKind.Internal;
}

/// <summary>What a job gave.</summary>
internal sealed record JobResultResource
{
    /// <summary>What the synchronous route answers, without the files.</summary>
    public required JsonElement Answer { get; init; }

    public required IReadOnlyList<JobFileResource> Files { get; init; }
}

/// <summary>One file of a result.</summary>
internal sealed record JobFileResource
{
    public required string Name { get; init; }
    public required string MediaType { get; init; }
    public required long Bytes { get; init; }

    /// <summary>The file's SHA-256, hexadecimal.</summary>
    public required string Sha256 { get; init; }
    public required string Href { get; init; }
}

/// <summary>Where to go on.</summary>
internal sealed record JobLinks
{
    public required string Self { get; init; }
    public required string Events { get; init; }
    public required string Result { get; init; }

    public static JobLinks Of(string id) =>
        new()
        {
            Self = $"/v1/jobs/{id}",
            Events = $"/v1/jobs/{id}/events",
            Result = $"/v1/jobs/{id}/result",
        };
}

/// <summary>A page of jobs, newest first.</summary>
internal sealed record JobListResource
{
    public string Object { get; } = "list";
    public required IReadOnlyList<JobResource> Data { get; init; }

    /// <summary>What to send as <c>cursor</c> for the next page; absent on the last.</summary>
    public string? NextCursor { get; init; }
}
