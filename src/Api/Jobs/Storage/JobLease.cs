namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>The right to work on a job, until it ends, is given back, or has not been renewed in time.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Run">Which of its runs: a later one makes this lease worthless.</param>
internal readonly record struct JobLease(string JobId, int Run);

/// <summary>A job to work on.</summary>
internal sealed record LeasedJob(Job Job, JobInput Input)
{
    public JobLease Lease => new(Job.Id, Job.Run);
}

/// <summary>A sign of life of one run.</summary>
internal readonly record struct JobHeartbeat(JobLease Lease, int Step, int Steps);

/// <summary>What a sign of life was answered.</summary>
internal enum LeaseState
{
    /// <summary>Go on.</summary>
    Held,

    /// <summary>The owner wants the job ended.</summary>
    CancelRequested,

    /// <summary>The job ended or is in other hands: whatever this run gives is of no use.</summary>
    Lost,
}

/// <summary>What became of an attempt to end a job.</summary>
internal enum FinishOutcome
{
    /// <summary>As asked.</summary>
    Written,

    /// <summary>Its owner cancelled it before, and that is what was written.</summary>
    Cancelled,

    /// <summary>Another run has it; nothing was written.</summary>
    LeaseLost,
}

/// <summary>What became of a wish to cancel.</summary>
internal enum CancelOutcome
{
    /// <summary>The caller has no such job.</summary>
    Unknown,

    /// <summary>It was waiting, and is cancelled.</summary>
    Cancelled,

    /// <summary>It is running, and will leave the engine at the next step.</summary>
    Requested,

    /// <summary>It had ended; its files are gone, and nothing shows it any more.</summary>
    Forgotten,
}

/// <summary>A job that housekeeping moved, for whoever waits for it.</summary>
/// <param name="JobId">Which.</param>
/// <param name="Status">What it is now.</param>
/// <param name="WasLeased">It was moved because its lease ran out.</param>
internal readonly record struct MovedJob(string JobId, JobStatus Status, bool WasLeased = false);
