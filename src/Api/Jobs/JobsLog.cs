namespace InstructDiffusion.Api.Jobs;

/// <summary>Log messages about jobs, events 3300–3399. Ids are not secret, what a job works on is.</summary>
internal static partial class JobsLog
{
    [LoggerMessage(3300, LogLevel.Information, "Job {JobId}: accepted, {Type}, {Priority}")]
    public static partial void JobAccepted(this ILogger logger, string jobId, string type, string priority);

    [LoggerMessage(3301, LogLevel.Information, "Job {JobId}: run {Run} began")]
    public static partial void RunBegan(this ILogger logger, string jobId, int run);

    [LoggerMessage(3302, LogLevel.Information, "Job {JobId}: run {Run} ended, {Outcome}, after {Milliseconds:F0} ms")]
    public static partial void RunEnded(
        this ILogger logger,
        string jobId,
        int run,
        string outcome,
        double milliseconds
    );

    [LoggerMessage(3303, LogLevel.Error, "Job {JobId}: run {Run} met an unexpected error")]
    public static partial void RunFaulted(this ILogger logger, Exception error, string jobId, int run);

    [LoggerMessage(3304, LogLevel.Warning, "Job {JobId}: housekeeping moved it to {Status}")]
    public static partial void JobMoved(this ILogger logger, string jobId, string status);

    [LoggerMessage(3310, LogLevel.Warning, "Jobs are unavailable: {Reason} Synchronous edits go on.")]
    public static partial void JobsUnavailable(this ILogger logger, string reason);

    [LoggerMessage(3311, LogLevel.Information, "Jobs are available again.")]
    public static partial void JobsAvailable(this ILogger logger);

    [LoggerMessage(3312, LogLevel.Error, "Housekeeping of jobs met an unexpected error.")]
    public static partial void HousekeepingFaulted(this ILogger logger, Exception error);

    [LoggerMessage(3313, LogLevel.Information, "{Count} files of jobs that nobody needs were deleted.")]
    public static partial void BlobsSwept(this ILogger logger, int count);

    [LoggerMessage(3314, LogLevel.Warning, "Other servers are not heard: {Reason} Jobs are found by looking instead.")]
    public static partial void NoticesLost(this ILogger logger, string reason);

    [LoggerMessage(3315, LogLevel.Information, "Other servers are heard again.")]
    public static partial void NoticesFound(this ILogger logger);

    [LoggerMessage(3320, LogLevel.Information, "Job {JobId}: webhook attempt {Attempt}, {Outcome}")]
    public static partial void WebhookTried(this ILogger logger, string jobId, int attempt, string outcome);
}
