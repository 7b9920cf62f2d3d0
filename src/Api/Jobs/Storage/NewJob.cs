using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>A job to be stored.</summary>
internal sealed record NewJob
{
    public required string Id { get; init; }
    public required string Caller { get; init; }
    public required string Type { get; init; }
    public required EditPriority Priority { get; init; }
    public required double Cost { get; init; }
    public required JobInput Input { get; init; }

    /// <summary>Equal for requests that ask for the same of the engine: where two such broke it, the next is not tried.</summary>
    public required string ContentHash { get; init; }

    public DateTimeOffset? Deadline { get; init; }
    public string? Webhook { get; init; }
    public string? TraceParent { get; init; }

    /// <summary>The client's name for this request; null if it gave none.</summary>
    public IdempotencyKey? Key { get; init; }

    /// <summary>The job is not queued: the creator runs it, and holds this long a lease.</summary>
    public TimeSpan? Lease { get; init; }
}

/// <summary>A client's name for a request.</summary>
/// <param name="Key">As the client gave it, unique among its own.</param>
/// <param name="Fingerprint">Equal for equal requests only.</param>
internal sealed record IdempotencyKey(string Key, string Fingerprint);

/// <summary>What became of a <see cref="NewJob"/>.</summary>
/// <param name="Kind">Whether it was stored.</param>
/// <param name="Job">The job that now has this key, new or old; null when it was refused.</param>
internal sealed record JobAdmission(JobAdmissionKind Kind, Job? Job = null);

/// <summary>Whether a job was stored.</summary>
internal enum JobAdmissionKind
{
    /// <summary>It is durable.</summary>
    Created,

    /// <summary>The same request came before; nothing new was stored.</summary>
    Repeated,

    /// <summary>The key was used for another request.</summary>
    KeyReused,

    /// <summary>The caller has as many open jobs as one may have.</summary>
    CallerFull,

    /// <summary>There are as many open jobs as there may be.</summary>
    Full,
}
