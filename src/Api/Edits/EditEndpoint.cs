using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>POST /v1/edits: picture and instruction in, edited picture out.</summary>
internal static class EditEndpoint
{
    public static void MapEdits(this IEndpointRouteBuilder routes)
    {
        RouteHandlerBuilder route = routes
            .MapPost("/v1/edits", HandleAsync)
            .WithName("CreateEdit")
            .WithSummary("Edit a picture by an instruction")
            .WithTags("Edits")
            .RequireScope(Scope.Edit)
            .Produces<EditAnswer>()
            .Produces<JobResource>(StatusCodes.Status202Accepted);
        foreach (int status in EditDocumentation.Problems)
        {
            route.ProducesAProblem(status);
        }
        route.AddOpenApiOperationTransformer(EditDocumentation.DescribeAsync);
    }

    /// <summary>The fields of the body.</summary>
    public static IReadOnlyList<EditField> Fields { get; } = [.. EditField.All, .. EditField.Service];

    /// <summary>Makes the pictures of an order and answers with them.</summary>
    /// <param name="http">The request.</param>
    /// <param name="order">What to make, and how it wants to be served.</param>
    /// <param name="model">Who makes it.</param>
    /// <param name="retries">Knows what a library sends again.</param>
    /// <param name="edits">Makes the pictures.</param>
    /// <param name="events">Answers with events.</param>
    internal static async Task AnswerAsync(
        HttpContext http,
        EditOrder order,
        ModelDescription model,
        SdkRetries retries,
        EditDesk edits,
        EditEvents events
    )
    {
        EditRecord record = EditRecord.Of(http);
        EditTicketOptions options = order.Terms;
        order = retries.Settle(http.Request, options.Tenant, model.Name, order);
        record.Request = order.Request;
        record.Count = order.Count;
        AnswerFormat format = AnswerFormat.Negotiate(http.Request.Headers.Accept, order.OutputFormat, order.Count);
        // 1 The engine. A client that goes away takes its rows out of the batch at the next step.
        record.Options = options;
        if (format.Kind == AnswerKind.Events)
        {
            await events.AnswerAsync(http, order, options, format, model, record.Take);
            return;
        }
        IReadOnlyList<FinishedEdit> finished = await EditSeries.RunAsync(
            edits,
            order,
            _ => options,
            record.Take,
            http.RequestAborted
        );
        record.Finish(finished);
        // 2 The answer.
        await EditAnswer.Of(order, finished, format, model).WriteAsync(http.Response, format, http.RequestAborted);
    }

    private static async Task HandleAsync(
        HttpContext http,
        DurableEdits durable,
        SdkRetries retries,
        EditDesk edits,
        EditEvents events,
        TimeProvider time
    )
    {
        long arrived = time.GetTimestamp();
        EditRecord.Of(http);
        // 1 Refuse at once what cannot succeed, before the upload.
        ModelDescription model = edits.RequireModel();
        AnswerFormat.Negotiate(http.Request.Headers.Accept, outputFormat: null);
        // 2 Bytes to a valid edit; or to a job, which is answered for.
        if (await durable.AnswerAsync(http, model, Terms) is { } order)
        {
            await AnswerAsync(http, order, model, retries, edits, events);
        }

        EditTicketOptions Terms(EditForm form) => EditTerms.Read(form, http.Request, time.GetElapsedTime(arrived));
    }
}
