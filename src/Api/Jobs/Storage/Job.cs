using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>A job as the store knows it.</summary>
internal sealed record Job
{
    /// <summary>See <see cref="JobId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is: the name of a <see cref="Callers.Caller"/>.</summary>
    public required string Caller { get; init; }

    /// <summary>The type of its operation.</summary>
    public required string Type { get; init; }

    public required JobStatus Status { get; init; }
    public required EditPriority Priority { get; init; }

    /// <summary>What it takes of the engine, in the unit of <see cref="Operations.JobOperation.Accept"/>.</summary>
    public required double Cost { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it must be done; null for whenever.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>When its last run began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How often it was started. Every start has its own number, so that a run which lost its lease can write nothing.</summary>
    public int Run { get; init; }

    /// <summary>Steps done in this run, as of its last heartbeat.</summary>
    public int Step { get; init; }

    /// <summary>Steps in all; 0 while that is not known.</summary>
    public int Steps { get; init; }

    /// <summary>Its owner wants it ended, and it is still running.</summary>
    public bool IsCancelRequested { get; init; }

    /// <summary>Its owner wants it forgotten: it is kept only so that a repeated request finds the same answer.</summary>
    public bool IsForgotten { get; init; }

    /// <summary>Where its owner wants to be told of its end.</summary>
    public string? Webhook { get; init; }

    /// <summary>The W3C trace context of the request that made it.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Why it ended otherwise than well.</summary>
    public JobFailure? Failure { get; init; }

    /// <summary>What it gave; null unless it succeeded, and once that has expired.</summary>
    public JobResult? Result { get; init; }
}

/// <summary>Why a job ended otherwise than well.</summary>
/// <param name="Code">The code of a <see cref="Errors.ProblemKind"/>.</param>
/// <param name="Detail">In words, for the job's owner.</param>
/// <param name="Parameter">The field to blame, if one is.</param>
internal sealed record JobFailure(string Code, string Detail, string? Parameter = null);

/// <summary>What a job gave.</summary>
/// <param name="Answer">JSON, without the bytes of the files.</param>
/// <param name="Files">The files, in order.</param>
internal sealed record JobResult(string Answer, IReadOnlyList<StoredFile> Files);

/// <summary>A file whose bytes are in the blob store.</summary>
/// <param name="Name">A result's name for people, or the field that an input came in.</param>
/// <param name="MediaType">A result's media type; of an input it does not matter.</param>
/// <param name="Length">In bytes.</param>
/// <param name="Hash">Its key in the blob store.</param>
internal sealed record StoredFile(string Name, string MediaType, long Length, string Hash);

/// <summary>What a job works on: the form that its operation completed.</summary>
/// <param name="Fields">The values of its fields; the store does not look into it.</param>
/// <param name="Files">The uploaded files, named for their fields.</param>
internal sealed record JobInput(string Fields, IReadOnlyList<StoredFile> Files);
