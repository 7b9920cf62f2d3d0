using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Vision;

/// <summary>Requests to the vision routes with an <c>Idempotency-Key</c>: each is the job of the same name.</summary>
internal sealed class KeyedVision(
    DurableIntake durable,
    DurableRequests requests,
    DurableEdits pictures,
    JobOperations operations,
    EditDesk edits,
    TimeProvider time
)
{
    /// <summary>Has done what a request asks for that has a key, or finds what the same request was given before.</summary>
    /// <param name="http">The request.</param>
    /// <param name="task">What its route does.</param>
    /// <param name="fields">The route's fields, but for those of service.</param>
    /// <param name="isMask">The answer is the mask's file.</param>
    /// <returns>Null when the request has no key.</returns>
    public async Task<JobAnswer?> AnswerAsync(
        HttpContext http,
        VisionTask task,
        IReadOnlyList<EditField> fields,
        bool isMask = false
    )
    {
        if (durable.KeyOf(http.Request) is not { } key)
        {
            return null;
        }
        EditRecord.Of(http);
        ModelDescription model = edits.RequireModel();
        JobOperation operation = operations.Find(task.Name)!;
        JobDraft draft = await durable.ReadAsync(
            http.Request,
            operation,
            [.. fields, .. VisionField.Service],
            TermsOf(http),
            form =>
            {
                double cost = operation.Accept(form, model);
                if (isMask)
                {
                    form.Set(VisionField.Formats, ["mask"]);
                }
                return cost;
            },
            isMask ? " as a mask" : ""
        );
        Job job = await requests.BeginAsync(http, draft, key);
        return await requests.EndAsync(http, job);
    }

    /// <summary>Answers a request for a restoration, if it has a key.</summary>
    public async Task<bool> AnswerRestorationAsync(HttpContext http)
    {
        if (durable.KeyOf(http.Request) is not { } key)
        {
            return false;
        }
        EditRecord.Of(http);
        ModelDescription model = edits.RequireModel();
        await pictures.AnswerAsync(http, key, RestoreJob.Name, VisionField.OfRestoreRoute, model, TermsOf(http));
        return true;
    }

    private Func<EditForm, EditTicketOptions> TermsOf(HttpContext http)
    {
        long arrived = time.GetTimestamp();
        return form => EditTerms.Read(form, http.Request, time.GetElapsedTime(arrived));
    }
}
