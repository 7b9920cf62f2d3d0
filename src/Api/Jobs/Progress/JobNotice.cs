using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Jobs.Progress;

/// <summary>Something that happened to a job. A notice is never the only trace of it: what matters stands in the store.</summary>
internal sealed record JobNotice(string JobId, JobNoticeKind Kind, int Run)
{
    // A run has at most 10 pictures of 500 steps, so these leave room between the kinds.
    private const long PerRun = 1_000_000;

    /// <summary>Steps done, of all edits of the run.</summary>
    public int Step { get; init; }

    /// <summary>Steps in all.</summary>
    public int Of { get; init; }

    /// <summary>Which edit of the run a preview is of.</summary>
    public int Index { get; init; }

    /// <summary>What that edit looks like so far.</summary>
    public RgbImage? Preview { get; init; }

    /// <summary>
    /// Its place among the notices of its job. It follows from what it says, so that it means the same after a restart and on
    /// every server, and need not be stored.
    /// </summary>
    public long Sequence =>
        (Run * PerRun)
        + Kind switch
        {
            JobNoticeKind.Started => 1,
            JobNoticeKind.Progress => 2 + (2L * Step),
            JobNoticeKind.Preview => 3 + (2L * Step),
            // After the run that was given up.
            JobNoticeKind.Queued => PerRun - 2,
            JobNoticeKind.CancelRequested => PerRun - 3,
            _ => PerRun - 1,
        };
}

/// <summary>What happened.</summary>
internal enum JobNoticeKind
{
    /// <summary>The job waits, for the first time or again.</summary>
    Queued,

    /// <summary>A run began.</summary>
    Started,

    /// <summary>A run took a step.</summary>
    Progress,

    /// <summary>A run has something to show.</summary>
    Preview,

    /// <summary>Its owner wants it ended; for the server that runs it.</summary>
    CancelRequested,

    /// <summary>It ended; how stands in the store.</summary>
    Ended,
}
