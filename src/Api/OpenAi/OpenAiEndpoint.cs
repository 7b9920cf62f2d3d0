using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>POST /v1/images/edits: the same edits for clients that speak OpenAI's language.</summary>
internal static class OpenAiEndpoint
{
    private const int MostIgnoredShown = 20;

    // POST /v1/edits hears it; whoever sends it here must not believe that it was heard.
    private const string Prefer = "Prefer";

    public static void MapOpenAi(this IEndpointRouteBuilder routes)
    {
        RouteHandlerBuilder route = routes
            .MapPost("/v1/images/edits", HandleAsync)
            .WithName("CreateImageEdit")
            .WithSummary("Edit a picture, as OpenAI's clients do")
            .WithTags("Edits")
            .RequireScope(Scope.Edit)
            .Produces<OpenAiAnswer>();
        foreach (int status in OpenAiDocumentation.Errors)
        {
            route.Produces<OpenAiErrorBody>(status);
        }
        route.AddOpenApiOperationTransformer(OpenAiDocumentation.DescribeAsync);
    }

    private static async Task HandleAsync(
        HttpContext http,
        EditIntake intake,
        OpenAiIntake openAi,
        SdkRetries retries,
        EditDesk edits,
        OpenAiEvents events,
        KeyedImages keyed,
        TimeProvider time
    )
    {
        long arrived = time.GetTimestamp();
        EditRecord record = EditRecord.Of(http);
        // 1 Refuse at once what cannot succeed, before the upload.
        ModelDescription model = edits.RequireModel();
        if (await keyed.AnswerAsync(http, model, Terms))
        {
            return;
        }
        edits.ThrowIfRefused(Caller.Of(http).Name);
        // 2 Bytes to a valid edit.
        OpenAiOrder order = await intake.ReadAsync(
            http.Request,
            OpenAiField.All,
            form => openAi.OrderOf(form, model, Terms(form))
        );
        EditTicketOptions options = order.Edit.Terms;
        order = order with { Edit = retries.Settle(http.Request, options.Tenant, model.Name, order.Edit) };
        record.Request = order.Edit.Request;
        record.Count = order.Edit.Count;
        TellIgnored(http, order.Ignored);
        // 3 The engine. A client that goes away takes its rows out of the batch at the next step.
        record.Options = options;
        if (order.Parameters.Stream)
        {
            await events.AnswerAsync(http, order, options, record.Take);
            return;
        }
        IReadOnlyList<FinishedEdit> finished = await EditSeries.RunAsync(
            edits,
            order.Edit,
            _ => options,
            record.Take,
            http.RequestAborted
        );
        record.Finish(finished);
        // 4 The answer.
        EditedPicture[] pictures = [.. finished.Select(edit => EditedPicture.Of(order.Edit, edit, order.Format))];
        await OpenAiReply.Of(order, finished, pictures, model, time.GetUtcNow()).WriteAsync(http);

        EditTicketOptions Terms(EditForm form) => EditTerms.Read(form, http.Request, time.GetElapsedTime(arrived));
    }

    /// <summary>Names in the answer what changed nothing.</summary>
    public static void TellIgnored(HttpContext http, IReadOnlyList<string> ignored)
    {
        string[] headers = http.Request.Headers.ContainsKey(Prefer) ? [Prefer] : [];
        string[] all = [.. headers.Concat(ignored).Take(MostIgnoredShown).Select(Printable)];
        if (all.Length > 0)
        {
            http.Response.Headers["x-ignored-params"] = string.Join(", ", all);
        }
    }

    // Names are the client's: what could break a header, or read as two names, is shown as a question mark.
    private static string Printable(string name) =>
        new([.. EditForm.Shown(name).Select(c => c is > ' ' and <= '~' and not ',' ? c : '?')]);
}
