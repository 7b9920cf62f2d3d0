namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>A status as stores write it down.</summary>
internal static class JobStatusText
{
    /// <summary>Its word.</summary>
    public static string ToText(this JobStatus status) =>
        status switch
        {
            JobStatus.Queued => "queued",
            JobStatus.Running => "running",
            JobStatus.Succeeded => "succeeded",
            JobStatus.Failed => "failed",
            JobStatus.Cancelled => "cancelled",
            JobStatus.Expired => "expired",
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, "status: unknown"),
        };

    /// <summary>The status of a word.</summary>
    public static JobStatus Parse(string text) => Enum.Parse<JobStatus>(text, ignoreCase: true);
}
