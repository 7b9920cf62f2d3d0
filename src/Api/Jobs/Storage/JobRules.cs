using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>What is the same in every store: when jobs are given up, and what their owners are told then.</summary>
internal static class JobRules
{
    /// <summary>A content that was running in this many crashes is not run again.</summary>
    public const int CrashesOfAPoison = 2;

    /// <summary>Rows of each kind that one sweep moves or deletes at once, so that requests get their turns in between.</summary>
    public const int MostSwept = 200;

    /// <summary>After this long a content that crashed a server is a stranger again.</summary>
    public static readonly TimeSpan LongestSuspicion = TimeSpan.FromHours(24);

    /// <summary>What a job fails with that two servers died of.</summary>
    public static readonly JobFailure Poisoned = new(
        ProblemKind.Quarantined.Code,
        "The server died twice while it worked on a request like this one; it is not tried again."
    );

    /// <summary>What a job ends with whose time is over before its turn.</summary>
    public static readonly JobFailure Late = new(
        ProblemKind.DeadlineBeforeStart.Code,
        "Its deadline passed before it started."
    );

    /// <summary>What a job fails with that has had all its attempts.</summary>
    public static readonly JobFailure Abandoned = new(
        ProblemKind.Internal.Code,
        "The server died while it worked on this job, as often as it may be tried."
    );
}
