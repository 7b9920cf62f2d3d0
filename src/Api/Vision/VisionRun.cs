using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Vision;

/// <summary>From a request to a vision route to the painted pictures, or to the edit that a restoration is.</summary>
internal sealed class VisionRun(EditIntake intake, VisionOrders orders, EditDesk edits, TimeProvider time)
{
    /// <summary>Has painted what a request asks for.</summary>
    public async Task<PaintedEdits> PaintAsync(HttpContext http, VisionTask task, IReadOnlyList<EditField> fields)
    {
        (PaintOrder order, EditTicketOptions terms, ModelDescription model) = await ReadAsync(
            http,
            [.. fields, .. VisionField.Service],
            (form, model) => orders.PaintOf(form, model, task)
        );
        EditRecord record = EditRecord.Of(http);
        record.Request = order.Edits[0].Request;
        record.Count = order.Edits.Count;
        record.Options = terms;
        // A client that goes away takes its rows out of the batch at the next step.
        PaintedEdits painted = await PaintedEdits.MakeAsync(
            edits,
            order,
            _ => terms,
            record.Take,
            model,
            http.RequestAborted
        );
        record.Finish(painted.Finished);
        return painted;
    }

    /// <summary>Reads a restoration.</summary>
    public async Task<(EditOrder Order, ModelDescription Model)> ReadRestorationAsync(HttpContext http)
    {
        (EditOrder order, EditTicketOptions terms, ModelDescription model) = await ReadAsync(
            http,
            VisionField.OfRestoreRoute,
            orders.RestoreOf
        );
        return (order with { Terms = terms }, model);
    }

    private async Task<(T Order, EditTicketOptions Terms, ModelDescription Model)> ReadAsync<T>(
        HttpContext http,
        IReadOnlyList<EditField> fields,
        Func<EditForm, ModelDescription, T> understand
    )
    {
        long arrived = time.GetTimestamp();
        EditRecord.Of(http);
        // Refuse at once what cannot succeed, before the upload.
        ModelDescription model = edits.RequireModel();
        edits.ThrowIfRefused(Caller.Of(http).Name);
        return await intake.ReadAsync(
            http.Request,
            fields,
            form =>
            {
                EditTicketOptions terms = EditTerms.Read(form, http.Request, time.GetElapsedTime(arrived));
                return (understand(form, model), terms, model);
            }
        );
    }
}
