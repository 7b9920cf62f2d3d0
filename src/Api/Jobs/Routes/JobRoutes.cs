using System.Globalization;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Work;
using InstructDiffusion.Api.Observability;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>/v1/jobs: make, look at, list and cancel jobs.</summary>
internal static class JobRoutes
{
    private const int DefaultPage = 20;
    private const int LongestPage = 100;

    /// <summary>POST /v1/jobs.</summary>
    public static async Task<IResult> CreateAsync(
        HttpContext http,
        JobIntake intake,
        JobSubmission submission,
        JobView view,
        EditDesk edits,
        IHostApplicationLifetime life
    )
    {
        if (life.ApplicationStopping.IsCancellationRequested)
        {
            throw new ApiException(ProblemKind.NotReady, "The server is stopping.")
            {
                RetryAfter = TimeSpan.FromSeconds(5),
            };
        }
        string? key = IdempotencyHeader.Of(http.Request);
        JobDraft draft = await intake.ReadAsync(http.Request, edits.RequireModel());
        string caller = Caller.Of(http).Name;
        JobAdmission admission =
            await submission.FindAsync(draft, caller, key, http.RequestAborted)
            ?? await submission.SubmitAsync(draft, caller, key, startNow: false, http.RequestAborted);
        return await AcceptedAsync(http, admission, view);
    }

    /// <summary>202 with the job, and where it is.</summary>
    public static async Task<IResult> AcceptedAsync(HttpContext http, JobAdmission admission, JobView view)
    {
        JobResource job = await view.ShowAsync(admission.Job!, http.RequestAborted);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.RetryAfter = job.RetryAfter();
        if (admission.Kind == JobAdmissionKind.Repeated)
        {
            http.Response.Headers[IdempotencyHeader.Replayed] = "true";
        }
        return TypedResults.Accepted(job.Links.Self, job);
    }

    /// <summary>GET /v1/jobs/{id}.</summary>
    public static async Task<IResult> GetAsync(
        HttpContext http,
        string id,
        IJobStore store,
        JobView view,
        JobWatch watch
    )
    {
        Job job = await store.RequireAsync(http, id);
        string known = http.Request.Headers.IfNoneMatch.ToString();
        Preferences wishes = Preferences.Of(http.Request);
        if (wishes.Wait is { } wait)
        {
            Job? waited = await watch.WaitAsync(
                job.Caller,
                id,
                async now => !now.Status.IsOpen() || (known.Length > 0 && !Matches(known, await TagAsync(now))),
                wait,
                endsAtShutdown: true,
                http.RequestAborted
            );
            job = waited ?? throw JobLookup.NotThere();
            http.Response.Headers["Preference-Applied"] = wishes.Applied;
        }
        JobResource shown = await view.ShowAsync(job, http.RequestAborted);
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers.ETag = shown.ETag();
        http.Response.Headers.RetryAfter = shown.RetryAfter();
        return Matches(known, shown.ETag())
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(shown);

        async Task<string> TagAsync(Job now) => (await view.ShowAsync(now, http.RequestAborted)).ETag();
    }

    /// <summary>GET /v1/jobs.</summary>
    public static async Task<IResult> ListAsync(
        HttpContext http,
        IJobStore store,
        JobView view,
        string? status,
        string? cursor,
        string? limit
    )
    {
        var errors = new FieldErrors();
        JobStatus? only = StatusOf(status, errors);
        JobCursor? after = cursor is null ? null : JobCursor.Parse(cursor);
        if (cursor is not null && after is null)
        {
            errors.Add("cursor", "must be a next_cursor that this route gave");
        }
        int most = LimitOf(limit, errors);
        errors.ThrowIfAny();
        JobPage page = await store.ListAsync(Caller.Of(http).Name, only, after, most, http.RequestAborted);
        http.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.Ok(
            new JobListResource { Data = [.. page.Jobs.Select(view.Show)], NextCursor = page.Next?.ToString() }
        );
    }

    /// <summary>DELETE /v1/jobs/{id}.</summary>
    public static async Task<IResult> DeleteAsync(
        HttpContext http,
        string id,
        IJobStore store,
        JobView view,
        IProgressBus bus,
        QueueMetrics metrics
    )
    {
        string caller = Caller.Of(http).Name;
        CancelOutcome outcome = JobId.IsWellFormed(id)
            ? await store.CancelAsync(caller, id, http.RequestAborted)
            : CancelOutcome.Unknown;
        switch (outcome)
        {
            case CancelOutcome.Unknown:
                throw JobLookup.NotThere();
            case CancelOutcome.Requested:
                metrics.Cancelled(CancelledBy.Delete, hasBegun: true);
                bus.Publish(new JobNotice(id, JobNoticeKind.CancelRequested, Run: 0));
                Job job = await store.RequireAsync(http, id);
                return TypedResults.Accepted(JobLinks.Of(id).Self, view.Show(job));
            case CancelOutcome.Cancelled:
                metrics.Cancelled(CancelledBy.Delete, hasBegun: false);
                bus.Publish(new JobNotice(id, JobNoticeKind.Ended, Run: 0));
                break;
        }
        return TypedResults.NoContent();
    }

    private static bool Matches(string header, string tag) =>
        EntityTagHeaderValue.TryParseList([header], out IList<EntityTagHeaderValue>? known)
        && known.Any(one =>
            one.Equals(EntityTagHeaderValue.Any)
            || one.Compare(EntityTagHeaderValue.Parse(tag), useStrongComparison: false)
        );

    private static JobStatus? StatusOf(string? text, FieldErrors errors)
    {
        if (text is null)
        {
            return null;
        }
        string[] names = [.. Enum.GetNames<JobStatus>().Select(name => name.ToLowerInvariant())];
        if (Array.IndexOf(names, text) is >= 0 and var index)
        {
            return Enum.GetValues<JobStatus>()[index];
        }
        errors.Add("status", $"must be one of {string.Join(", ", names)}, got '{EditForm.Shown(text)}'");
        return null;
    }

    private static int LimitOf(string? text, FieldErrors errors)
    {
        if (text is null)
        {
            return DefaultPage;
        }
        if (
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int limit)
            && limit is >= 1 and <= LongestPage
        )
        {
            return limit;
        }
        errors.Add("limit", $"must be a whole number between 1 and {LongestPage}, got '{EditForm.Shown(text)}'");
        return DefaultPage;
    }
}
