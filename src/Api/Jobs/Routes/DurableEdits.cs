using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Work;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>
/// POST /v1/edits with an <c>Idempotency-Key</c>, <c>Prefer: wait=N</c> or <c>Prefer: respond-async</c>: the edit is a job from
/// the beginning, run at once unless the client does not want to wait, and answered as any other edit if it is done in time.
/// So it survives its connection and its server, and can be asked for again.
/// </summary>
internal sealed class DurableEdits(
    JobSubmission submission,
    JobWatch watch,
    JobView view,
    IJobStore store,
    IBlobStore blobs,
    IProgressBus bus,
    EditIntake intake,
    EditDesk edits,
    JobOperations operations,
    QueueMetrics metrics,
    IHostApplicationLifetime life,
    IOptions<JobsOptions> options
)
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    private JobOperation Operation => operations.Find(EditJob.Name)!;

    /// <summary>Answers a request, if it is one of these.</summary>
    /// <param name="http">The request.</param>
    /// <param name="model">The model that is served.</param>
    /// <param name="terms">How an edit wants to be served, from its fields.</param>
    /// <returns>Null when it was answered; else the edit to make synchronously.</returns>
    public async Task<EditOrder?> AnswerAsync(
        HttpContext http,
        ModelDescription model,
        Func<EditForm, EditTicketOptions> terms
    )
    {
        string? key = IdempotencyHeader.Of(http.Request);
        // Who may not fetch jobs is of no use to get one.
        Preferences wishes = Caller.Of(http).Scopes.Contains(Scope.Jobs)
            ? Preferences.Of(http.Request)
            : new Preferences(Wait: null, RespondAsync: false);
        if (!IsDurable(http, key, wishes))
        {
            edits.ThrowIfRefused(Caller.Of(http).Name);
            return await intake.ReadAsync(
                http.Request,
                EditEndpoint.Fields,
                form =>
                {
                    EditTicketOptions wanted = terms(form);
                    return intake.OrderOf(form, model) with { Terms = wanted };
                }
            );
        }
        (JobDraft draft, EditTicketOptions wanted) = await ReadAsync(http, model, terms);
        string caller = Caller.Of(http).Name;
        JobAdmission admission;
        try
        {
            admission =
                await submission.FindAsync(draft, caller, key, http.RequestAborted)
                ?? await SubmitAsync(draft, caller, key, wishes, http.RequestAborted);
        }
        catch (JobsUnavailableException) when (key is null)
        {
            // A preference may be left unheard.
            return intake.OrderOf(StoredForm.Read(draft.Fields, draft.Files, Operation.Fields), model) with
            {
                Terms = wanted,
            };
        }
        await AnswerAsync(http, admission, key, wishes);
        return null;
    }

    private bool IsDurable(HttpContext http, string? key, Preferences wishes)
    {
        if (key is null && !wishes.IsAboutTime)
        {
            return false;
        }
        bool isStream = AnswerFormat.Negotiate(http.Request.Headers.Accept, null).Kind == AnswerKind.Events;
        if (options.Value.Enabled && !isStream)
        {
            return true;
        }
        if (key is null)
        {
            return false;
        }
        throw isStream
            ? new ApiException(
                ProblemKind.NotAcceptable,
                $"A request with an {IdempotencyHeader.Name} is not answered with events; POST /v1/jobs gives a job that has them."
            )
            : new ApiException(
                ProblemKind.JobsUnavailable,
                $"This server keeps no jobs, so it cannot honour an {IdempotencyHeader.Name}."
            );
    }

    private Task<(JobDraft, EditTicketOptions)> ReadAsync(
        HttpContext http,
        ModelDescription model,
        Func<EditForm, EditTicketOptions> terms
    ) =>
        intake.ReadAsync(
            http.Request,
            EditEndpoint.Fields,
            form =>
            {
                EditTicketOptions wanted = terms(form);
                if (wanted.OnDeadline == DeadlineAction.Partial)
                {
                    // What a job gives is kept, and must not depend on how busy the server was.
                    form.Fault(EditField.OnDeadline, "must be fail where the edit becomes a job");
                }
                JobDraft draft = JobDraft.Of(
                    Operation,
                    form,
                    model,
                    http.Request.Path,
                    valid => ChooseFormat(http, valid)
                );
                return (draft with { Priority = wanted.Priority, TimeLimit = wanted.TimeLimit }, wanted);
            }
        );

    // The file is made once, so the client's wish is found out now.
    private static void ChooseFormat(HttpContext http, EditForm form)
    {
        var reader = new FieldReader(form);
        ImageFileFormat? wanted = reader.OneOf(EditField.OutputFormat, AnswerFormat.ByName);
        int count = (int)(reader.WholeNumber(EditField.Count) ?? 1);
        AnswerFormat format = AnswerFormat.Negotiate(http.Request.Headers.Accept, wanted, count);
        form.Set(EditField.OutputFormat, new FieldValue(format.FormatName, FieldNotation.Form));
    }

    private Task<JobAdmission> SubmitAsync(
        JobDraft draft,
        string caller,
        string? key,
        Preferences wishes,
        CancellationToken cancellationToken
    )
    {
        if (!wishes.IsImmediate)
        {
            // It takes a place in the engine's queue at once, as any edit that someone waits for.
            edits.ThrowIfRefused(caller);
        }
        return submission.SubmitAsync(draft, caller, key, startNow: !wishes.IsImmediate, cancellationToken);
    }

    private async Task AnswerAsync(HttpContext http, JobAdmission admission, string? key, Preferences wishes)
    {
        bool isRepeated = admission.Kind == JobAdmissionKind.Repeated;
        Job job = admission.Job!;
        if (isRepeated)
        {
            http.Response.OnStarting(() =>
            {
                // Here, because an error would clear it.
                http.Response.Headers[IdempotencyHeader.Replayed] = "true";
                return Task.CompletedTask;
            });
        }
        if (job.Status.IsOpen() && !wishes.IsImmediate)
        {
            if (isRepeated && wishes.Wait is null)
            {
                throw InProgress(job);
            }
            job = await WaitAsync(http, job, key, wishes.Wait);
        }
        if (wishes.IsAboutTime)
        {
            http.Response.Headers["Preference-Applied"] = wishes.Applied;
        }
        if (!job.Status.IsOpen())
        {
            await WriteAsync(http, job);
            if (key is null)
            {
                await ForgetAsync(job);
            }
            return;
        }
        if (!wishes.IsAboutTime)
        {
            throw new ApiException(ProblemKind.NotReady, "The server is stopping; the edit is done when it is back.")
            {
                RetryAfter = LongestRetry,
            };
        }
        await (await JobRoutes.AcceptedAsync(http, admission with { Job = job }, view)).ExecuteAsync(http);
    }

    private async Task<Job> WaitAsync(HttpContext http, Job job, string? key, TimeSpan? atMost)
    {
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
        catch (OperationCanceledException) when (key is null && http.RequestAborted.IsCancellationRequested)
        {
            // Nobody knows this job by now.
            CancelOutcome outcome = await store.CancelAsync(job.Caller, job.Id, CancellationToken.None);
            if (outcome is CancelOutcome.Requested or CancelOutcome.Cancelled)
            {
                metrics.Cancelled(CancelledBy.Client, hasBegun: outcome == CancelOutcome.Requested);
            }
            if (outcome == CancelOutcome.Requested)
            {
                bus.Publish(new JobNotice(job.Id, JobNoticeKind.CancelRequested, job.Run));
            }
            throw;
        }
    }

    private bool IsStopping => life.ApplicationStopping.IsCancellationRequested;

    private async Task WriteAsync(HttpContext http, Job job)
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
        List<byte[]> files = [];
        foreach (StoredFile file in result.Files)
        {
            files.Add(await blobs.ReadAsync(file.Hash, http.RequestAborted));
        }
        EditAnswer answer = PictureJob.AnswerOf(result.Answer, files);
        AnswerFormat format = AnswerFormat.Negotiate(
            http.Request.Headers.Accept,
            AnswerFormat.ByName[answer.Format],
            files.Count
        );
        await answer.WriteAsync(http.Response, format, http.RequestAborted);
    }

    // Answered, and without a key nobody can ask again.
    private async Task ForgetAsync(Job job)
    {
        try
        {
            await store.CancelAsync(job.Caller, job.Id, CancellationToken.None);
        }
        catch (JobsUnavailableException)
        {
            // It expires by itself.
        }
    }

    private ApiException InProgress(Job job) =>
        new(ProblemKind.RequestInProgress, "The first request with this key is still being worked on.")
        {
            RetryAfter = TimeSpan.FromMilliseconds(Math.Min(view.Show(job).EtaMs ?? 0, LongestRetry.TotalMilliseconds)),
        };
}
