using System.Globalization;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>POST /v1/images/edits: the same edits for clients that speak OpenAI's language.</summary>
internal static class OpenAiEndpoint
{
    private const int MostIgnoredShown = 20;

    // POST /v1/edits hears them; whoever sends them here must not believe that they were heard.
    private static readonly string[] HeadersOfEdits = [IdempotencyHeader.Name, "Prefer"];

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
        TimeProvider time
    )
    {
        long arrived = time.GetTimestamp();
        var record = new EditRecord();
        http.Features.Set(record);
        // 1 Refuse at once what cannot succeed, before the upload.
        ModelDescription model = edits.RequireModel();
        edits.ThrowIfRefused(Caller.Of(http).Name);
        // 2 Bytes to a valid edit.
        OpenAiOrder order = await intake.ReadAsync(
            http.Request,
            OpenAiField.All,
            form => openAi.OrderOf(form, model, EditTerms.Read(form, http.Request, time.GetElapsedTime(arrived)))
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
        var answer = OpenAiAnswer.Of(order, finished, pictures, time.GetUtcNow());
        Describe(http.Response.Headers, finished, order.Edit.Request, pictures, model);
        await http.Response.WriteAsJsonAsync(answer, ApiJson.Options, http.RequestAborted);
    }

    // OpenAI's answer has no place for these.
    private static void Describe(
        IHeaderDictionary headers,
        IReadOnlyList<FinishedEdit> finished,
        EditRequest request,
        EditedPicture[] pictures,
        ModelDescription model
    )
    {
        headers.CacheControl = "no-store";
        headers["X-Model"] = model.Name;
        headers["X-Steps"] = request.Steps.ToString(CultureInfo.InvariantCulture);
        headers["X-Determinism"] = DeterminismNames.NameOf(request.Determinism);
        EditResult result = finished[0].Result;
        headers["X-Finish-Reason"] = Label<EditFinish>.Of(finished.Max(edit => edit.Result.Finish));
        headers["X-Working-Size"] = result.WorkingSize.ToString();
        headers["X-Dropped-Tokens"] = result.DroppedTokens.ToString(CultureInfo.InvariantCulture);
        var timings = EditTimings.Longest(pictures.Select(picture => picture.Timings));
        headers["Server-Timing"] = timings.ToServerTiming(request.Steps);
        if (finished.Max(edit => edit.Cache) is { } cache)
        {
            headers["X-Cache"] = Label<CacheOutcome>.Of(cache);
        }
    }

    private static void TellIgnored(HttpContext http, IReadOnlyList<string> ignored)
    {
        IEnumerable<string> headers = HeadersOfEdits.Where(http.Request.Headers.ContainsKey);
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
