namespace InstructDiffusion.Api.Jobs;

/// <summary>Where a job is in its life. It ends in exactly one of the last four; only a success can later expire.</summary>
internal enum JobStatus
{
    /// <summary>Accepted, durable, waiting.</summary>
    Queued,

    /// <summary>Leased by a server that works on it.</summary>
    Running,

    /// <summary>Its result can be fetched.</summary>
    Succeeded,

    /// <summary>It cannot be done; its failure says why.</summary>
    Failed,

    /// <summary>Its owner did not want it any more.</summary>
    Cancelled,

    /// <summary>Its deadline passed before it was done, or its result was kept for as long as results are.</summary>
    Expired,
}

/// <summary>Questions about a status.</summary>
internal static class JobStatuses
{
    /// <summary>True until the job has ended.</summary>
    public static bool IsOpen(this JobStatus status) => status is JobStatus.Queued or JobStatus.Running;
}
