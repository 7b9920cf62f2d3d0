using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>Some of a caller's jobs, newest first.</summary>
/// <param name="Jobs">The page.</param>
/// <param name="Next">Where the next page begins; null after the last.</param>
internal sealed record JobPage(IReadOnlyList<Job> Jobs, JobCursor? Next);

/// <summary>The last job of a page. It need not exist any more for the next page to be found.</summary>
/// <param name="CreatedAt">Unix time in milliseconds.</param>
/// <param name="Id">Decides among jobs of one millisecond.</param>
internal sealed record JobCursor(long CreatedAt, string Id)
{
    /// <summary>For the address of the next page; opaque to clients.</summary>
    public override string ToString() =>
        Base64Url.EncodeToString(
            Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{CreatedAt}.{Id}"))
        );

    /// <summary>Reads what <see cref="ToString"/> wrote; null for anything else.</summary>
    public static JobCursor? Parse(string text)
    {
        const int longest = 80;
        if (text.Length > longest || !Base64Url.IsValid(text))
        {
            return null;
        }
        string[] parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split('.');
        return
            parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long createdAt)
            && JobId.IsWellFormed(parts[1])
            ? new JobCursor(createdAt, parts[1])
            : null;
    }
}

/// <summary>Where a waiting job stands.</summary>
/// <param name="Position">1 for the next; an estimate where several callers take turns.</param>
/// <param name="CostAhead">The cost of the jobs before it, running ones included.</param>
internal sealed record JobPlace(int Position, double CostAhead);

/// <summary>How many jobs there are.</summary>
/// <param name="ByStatus">Jobs of each status; one without jobs is left out.</param>
/// <param name="OldestQueued">When the job was made that has waited longest; null when none waits.</param>
internal sealed record JobCounts(IReadOnlyDictionary<JobStatus, int> ByStatus, DateTimeOffset? OldestQueued);

/// <summary>One report of a job's end that is still owed.</summary>
/// <param name="Id">Names the report in all its attempts.</param>
/// <param name="Job">The job, as it ended.</param>
/// <param name="Attempt">1 for the first.</param>
internal sealed record WebhookDelivery(long Id, Job Job, int Attempt);
