using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Work;
using InstructDiffusion.Api.Observability;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>
/// Requests that are jobs from the beginning and are answered when they are done: they survive their connection and their server,
/// and one that has an <c>Idempotency-Key</c> can be asked for again.
/// </summary>
internal sealed class DurableRequests(
    JobSubmission submission,
    JobWatch watch,
    JobView view,
    IJobStore store,
    IBlobStore blobs,
    IProgressBus bus,
    EditDesk edits,
    QueueMetrics metrics,
    IHostApplicationLifetime life
)
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    /// <summary>Finds the job that the same request made before, or makes it.</summary>
    /// <param name="http">The request; its answer will say if it was given before.</param>
    /// <param name="draft">What it asks for.</param>
    /// <param name="key">Its key; null without.</param>
    /// <param name="startNow">It takes a place in the engine's queue at once, as any edit that someone waits for.</param>
    /// <exception cref="ApiException">The key is another request's, or there are too many jobs.</exception>
    /// <exception cref="JobsUnavailableException">It can be neither found nor stored now.</exception>
    public async Task<JobAdmission> AdmitAsync(HttpContext http, JobDraft draft, string? key, bool startNow)
    {
        string caller = Caller.Of(http).Name;
        JobAdmission? admission = await submission.FindAsync(draft, caller, key, http.RequestAborted);
        if (admission is null)
        {
            if (startNow)
            {
                edits.ThrowIfRefused(caller);
            }
            admission = await submission.SubmitAsync(draft, caller, key, startNow, http.RequestAborted);
        }
        if (admission.Kind == JobAdmissionKind.Repeated)
        {
            http.Response.OnStarting(() =>
            {
                // Here, because an error would clear it.
                http.Response.Headers[IdempotencyHeader.Replayed] = "true";
                return Task.CompletedTask;
            });
        }
        return admission;
    }

    /// <summary>Begins a request that has a key; <see cref="EndAsync"/> gives its answer.</summary>
    /// <exception cref="ApiException">The same request is being answered, or as in <see cref="AdmitAsync"/>.</exception>
    public async Task<Job> BeginAsync(HttpContext http, JobDraft draft, string key)
    {
        JobAdmission admission = await AdmitAsync(http, draft, key, startNow: true);
        Job job = admission.Job!;
        return admission.Kind == JobAdmissionKind.Repeated && job.Status.IsOpen() ? throw InProgress(job) : job;
    }

    /// <summary>Waits for the end of a request that has a key.</summary>
    /// <exception cref="ApiException">It failed, or is done when the server is back.</exception>
    public async Task<JobAnswer> EndAsync(HttpContext http, Job job)
    {
        Job ended = await WaitAsync(http, job, hasKey: true, atMost: null);
        return ended.Status.IsOpen() ? throw Stopping() : await ReadAsync(ended, http.RequestAborted);
    }

    /// <summary>Waits for a job's end.</summary>
    /// <param name="http">The request; when its client goes away, so does a job that nobody can ask for again.</param>
    /// <param name="job">The job.</param>
    /// <param name="hasKey">It can be asked for again.</param>
    /// <param name="atMost">How long to wait; null for as long as it takes.</param>
    /// <returns>The job, which is still open when the time is over or the server stops before it began.</returns>
    public async Task<Job> WaitAsync(HttpContext http, Job job, bool hasKey, TimeSpan? atMost)
    {
        if (!job.Status.IsOpen())
        {
            return job;
        }
        try
        {
            return await watch.WaitAsync(
                    job.Caller,
                    job.Id,
                    // A server that stops starts no job that waits.
                    now => new(!now.Status.IsOpen() || (now.Status == JobStatus.Queued && IsStopping)),
                    atMost,
                    endsAtShutdown: false,
                    http.RequestAborted
                ) ?? throw new ApiException(ProblemKind.ResultExpired, "The edit was deleted.");
        }
        catch (OperationCanceledException) when (!hasKey && http.RequestAborted.IsCancellationRequested)
        {
            await CancelAsync(job);
            throw;
        }
    }

    /// <summary>What a job that has ended gave.</summary>
    /// <exception cref="ApiException">Nothing, and why.</exception>
    public async Task<JobAnswer> ReadAsync(Job job, CancellationToken cancellationToken)
    {
        if (job.Failure is { } failure)
        {
            throw new ApiException(JobErrorResource.KindOf(failure), failure.Detail, failure.Parameter)
            {
                // It would be answered the same.
                ShouldRetry = false,
            };
        }
        JobResult result = JobResults.Require(job, view);
        List<(string Name, byte[] Bytes)> files = [];
        foreach (StoredFile file in result.Files)
        {
            files.Add((file.Name, await blobs.ReadAsync(file.Hash, cancellationToken)));
        }
        return new JobAnswer(result.Answer, files);
    }

    /// <summary>What a repeated request is told while the first is worked on.</summary>
    public ApiException InProgress(Job job) =>
        new(ProblemKind.RequestInProgress, "The first request with this key is still being worked on.")
        {
            RetryAfter = TimeSpan.FromMilliseconds(Math.Min(view.Show(job).EtaMs ?? 0, LongestRetry.TotalMilliseconds)),
        };

    /// <summary>What is told of a job that this server does not begin any more.</summary>
    public static ApiException Stopping() =>
        new(ProblemKind.NotReady, "The server is stopping; the edit is done when it is back.")
        {
            RetryAfter = LongestRetry,
        };

    private bool IsStopping => life.ApplicationStopping.IsCancellationRequested;

    private async Task CancelAsync(Job job)
    {
        CancelOutcome outcome = await store.CancelAsync(job.Caller, job.Id, CancellationToken.None);
        if (outcome is CancelOutcome.Requested or CancelOutcome.Cancelled)
        {
            metrics.Cancelled(CancelledBy.Client, hasBegun: outcome == CancelOutcome.Requested);
        }
        if (outcome == CancelOutcome.Requested)
        {
            bus.Publish(new JobNotice(job.Id, JobNoticeKind.CancelRequested, job.Run));
        }
    }
}
