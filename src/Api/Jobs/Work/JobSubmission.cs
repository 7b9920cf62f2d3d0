using System.Diagnostics;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;

namespace InstructDiffusion.Api.Jobs.Work;

/// <summary>Stores a job, its files first: once it is answered for, nothing can take it away.</summary>
internal sealed class JobSubmission(
    IJobStore store,
    IBlobStore blobs,
    JobRunner runner,
    IProgressBus bus,
    JobClock clock,
    ILogger<JobSubmission> logger
)
{
    private static readonly TimeSpan WaitWhenFull = TimeSpan.FromSeconds(10);

    /// <summary>The job that the same request made before; null if none did.</summary>
    /// <exception cref="ApiException">The key is another request's.</exception>
    public async Task<JobAdmission?> FindAsync(
        JobDraft draft,
        string caller,
        string? key,
        CancellationToken cancellationToken
    ) =>
        NameOf(draft, key) is { } name && await store.FindByKeyAsync(caller, name, cancellationToken) is { } known
            ? Granted(known)
            : null;

    /// <summary>Stores a job, or finds the one that the same request made meanwhile.</summary>
    /// <param name="draft">The job.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="key">The client's name for the request, if it gave one.</param>
    /// <param name="startNow">
    /// True to run it here at once, as someone waits for it; otherwise it waits its turn.
    /// </param>
    /// <param name="cancellationToken">Ends it before anything is stored.</param>
    /// <exception cref="ApiException">The caller has too many, or the key is another request's.</exception>
    public async Task<JobAdmission> SubmitAsync(
        JobDraft draft,
        string caller,
        string? key,
        bool startNow,
        CancellationToken cancellationToken
    )
    {
        var input = new JobInput(draft.Fields, await KeepAsync(draft, cancellationToken));
        JobAdmission admission = Granted(
            await store.CreateAsync(
                new NewJob
                {
                    Id = JobId.New(),
                    Caller = caller,
                    Type = draft.Type,
                    Priority = draft.Priority,
                    Cost = draft.Cost,
                    Input = input,
                    ContentHash = draft.ContentHash,
                    Deadline = clock.Now + draft.TimeLimit,
                    Webhook = draft.Webhook,
                    TraceParent = Activity.Current?.Id,
                    Key = NameOf(draft, key),
                    Lease = startNow ? runner.Lease : null,
                },
                cancellationToken
            )
        );
        if (admission.Kind == JobAdmissionKind.Created)
        {
            Job job = admission.Job!;
            logger.JobAccepted(job.Id, job.Type, job.Priority.ToString());
            if (startNow)
            {
                runner.Start(new LeasedJob(job, input));
            }
            else
            {
                bus.Publish(new JobNotice(job.Id, JobNoticeKind.Queued, Run: 0));
            }
        }
        return admission;
    }

    private static IdempotencyKey? NameOf(JobDraft draft, string? key) =>
        key is null ? null : new IdempotencyKey(key, draft.Fingerprint);

    private async Task<List<StoredFile>> KeepAsync(JobDraft draft, CancellationToken cancellationToken)
    {
        List<StoredFile> files = [];
        foreach ((string field, ReadOnlyMemory<byte> bytes) in draft.Files)
        {
            string hash = await blobs.PutAsync(bytes, isResult: false, cancellationToken);
            files.Add(new StoredFile(field, "application/octet-stream", bytes.Length, hash));
        }
        return files;
    }

    private static JobAdmission Granted(JobAdmission admission) =>
        admission.Kind switch
        {
            JobAdmissionKind.KeyReused => throw new ApiException(
                ProblemKind.IdempotencyKeyReused,
                "This Idempotency-Key came with another request before; use a new one for a new request."
            ),
            JobAdmissionKind.CallerFull => throw new ApiException(
                ProblemKind.TooManyJobs,
                "You have as many jobs waiting or running as one caller may have."
            )
            {
                RetryAfter = WaitWhenFull,
            },
            JobAdmissionKind.Full => throw new ApiException(
                ProblemKind.QueueFull,
                "The server has as many jobs waiting or running as it may have."
            )
            {
                RetryAfter = WaitWhenFull,
            },
            _ => admission,
        };
}
