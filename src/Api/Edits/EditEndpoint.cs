using InstructDiffusion.Api.Errors;
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
            .Produces<EditAnswer>();
        foreach (int status in EditDocumentation.Problems)
        {
            route.ProducesAProblem(status);
        }
        route.AddOpenApiOperationTransformer(EditDocumentation.DescribeAsync);
    }

    private static async Task HandleAsync(HttpContext http, EditIntake intake, EditQueue queue, EngineLoop engine)
    {
        var record = new EditRecord();
        http.Features.Set(record);
        // 1 Refuse at once what cannot succeed, before the upload.
        ModelDescription model = engine.RequireModel();
        AnswerFormat.Negotiate(http.Request.Headers.Accept, outputFormat: null);
        queue.ThrowIfRefused();
        // 2 Bytes to a valid edit.
        EditOrder order = await intake.ReadAsync(http.Request, model);
        record.Request = order.Request;
        AnswerFormat format = AnswerFormat.Negotiate(http.Request.Headers.Accept, order.OutputFormat);
        // 3 The engine. A client that goes away takes its rows out of the batch at the next step.
        var ticket = new EditTicket(order.Request, progress: null, http.RequestAborted);
        record.Ticket = ticket;
        queue.Enqueue(ticket);
        EditResult result = await ticket.Completion;
        // 4 The answer.
        await EditAnswer
            .Of(order, ticket, result, format, model)
            .WriteAsync(http.Response, format, http.RequestAborted);
    }
}
