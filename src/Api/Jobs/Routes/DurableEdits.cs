using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>
/// POST /v1/edits and POST /v1/vision/restore with an <c>Idempotency-Key</c>, and the former with <c>Prefer: wait=N</c> or
/// <c>Prefer: respond-async</c>: the edit is a job from the beginning, run at once unless the client does not want to wait, and
/// answered as any other edit if it is done in time.
/// </summary>
internal sealed class DurableEdits(
    DurableIntake durable,
    DurableRequests requests,
    JobView view,
    IJobStore store,
    EditIntake intake,
    EditDesk edits,
    JobOperations operations
)
{
    private JobOperation Edit => operations.Find(EditJob.Name)!;

    /// <summary>Answers a request to POST /v1/edits, if it is one of these.</summary>
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
        string? key = durable.KeyOf(http.Request);
        // Who may not fetch jobs is of no use to get one.
        Preferences wishes = Caller.Of(http).Scopes.Contains(Scope.Jobs)
            ? Preferences.Of(http.Request)
            : new Preferences(Wait: null, RespondAsync: false);
        if (key is null && (!wishes.IsAboutTime || !durable.KeepsJobs || WantsEvents(http)))
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
        JobDraft draft = await ReadAsync(http, Edit, EditEndpoint.Fields, model, terms);
        JobAdmission admission;
        try
        {
            admission = await requests.AdmitAsync(http, draft, key, startNow: !wishes.IsImmediate);
        }
        catch (JobsUnavailableException) when (key is null)
        {
            // A preference may be left unheard.
            return intake.OrderOf(StoredForm.Read(draft.Fields, draft.Files, Edit.Fields), model) with
            {
                Terms = new EditTicketOptions
                {
                    Tenant = Caller.Of(http).Name,
                    Priority = draft.Priority,
                    TimeLimit = draft.TimeLimit,
                },
            };
        }
        await AnswerAsync(http, admission, key, wishes);
        return null;
    }

    /// <summary>Answers a request that has a key.</summary>
    /// <param name="http">The request.</param>
    /// <param name="key">Its key.</param>
    /// <param name="type">The type of job that its route makes.</param>
    /// <param name="fields">The route's fields.</param>
    /// <param name="model">The model that is served.</param>
    /// <param name="terms">How it wants to be served.</param>
    public async Task AnswerAsync(
        HttpContext http,
        string key,
        string type,
        IReadOnlyList<EditField> fields,
        ModelDescription model,
        Func<EditForm, EditTicketOptions> terms
    )
    {
        JobDraft draft = await ReadAsync(http, operations.Find(type)!, fields, model, terms);
        Job job = await requests.BeginAsync(http, draft, key);
        await WriteAsync(http, await requests.EndAsync(http, job));
    }

    private Task<JobDraft> ReadAsync(
        HttpContext http,
        JobOperation operation,
        IReadOnlyList<EditField> fields,
        ModelDescription model,
        Func<EditForm, EditTicketOptions> terms
    )
    {
        if (WantsEvents(http))
        {
            throw new ApiException(
                ProblemKind.NotAcceptable,
                $"A request with an {IdempotencyHeader.Name} is not answered with events; POST /v1/jobs gives a job that has them."
            );
        }
        return durable.ReadAsync(
            http.Request,
            operation,
            fields,
            terms,
            form =>
            {
                double cost = operation.Accept(form, model);
                ChooseFormat(http, form);
                return cost;
            }
        );
    }

    private static bool WantsEvents(HttpContext http) =>
        AnswerFormat.Negotiate(http.Request.Headers.Accept, outputFormat: null).Kind == AnswerKind.Events;

    // The file is made once, so the client's wish is found out now.
    private static void ChooseFormat(HttpContext http, EditForm form)
    {
        var reader = new FieldReader(form);
        ImageFileFormat? wanted = reader.OneOf(EditField.OutputFormat, AnswerFormat.ByName);
        int count = (int)(reader.WholeNumber(EditField.Count) ?? 1);
        AnswerFormat format = AnswerFormat.Negotiate(http.Request.Headers.Accept, wanted, count);
        form.Set(EditField.OutputFormat, new FieldValue(format.FormatName, FieldNotation.Form));
    }

    private async Task AnswerAsync(HttpContext http, JobAdmission admission, string? key, Preferences wishes)
    {
        Job job = admission.Job!;
        if (job.Status.IsOpen() && !wishes.IsImmediate)
        {
            if (admission.Kind == JobAdmissionKind.Repeated && wishes.Wait is null)
            {
                throw requests.InProgress(job);
            }
            job = await requests.WaitAsync(http, job, hasKey: key is not null, wishes.Wait);
        }
        if (wishes.IsAboutTime)
        {
            http.Response.Headers["Preference-Applied"] = wishes.Applied;
        }
        if (!job.Status.IsOpen())
        {
            await WriteAsync(http, await requests.ReadAsync(job, http.RequestAborted));
            if (key is null)
            {
                await ForgetAsync(job);
            }
            return;
        }
        if (!wishes.IsAboutTime)
        {
            throw DurableRequests.Stopping();
        }
        await (await JobRoutes.AcceptedAsync(http, admission with { Job = job }, view)).ExecuteAsync(http);
    }

    private static Task WriteAsync(HttpContext http, JobAnswer given)
    {
        EditAnswer answer = PictureJob.AnswerOf(given);
        AnswerFormat format = AnswerFormat.Negotiate(
            http.Request.Headers.Accept,
            AnswerFormat.ByName[answer.Format],
            given.Files.Count
        );
        return answer.WriteAsync(http.Response, format, http.RequestAborted);
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
}
