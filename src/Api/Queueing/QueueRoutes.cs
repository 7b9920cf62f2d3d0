using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Batching;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InstructDiffusion.Api.Queueing;

/// <summary>What waits, how long one would have to wait, and what it would cost.</summary>
internal static class QueueRoutes
{
    public static void MapQueueing(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/v1/queue", Look)
            .WithName("GetQueue")
            .WithSummary("What waits and runs, how fast it is done, and when one's own edits will be")
            .WithTags("Queue")
            .RequireCaller();
        RouteHandlerBuilder estimate = routes
            .MapPost("/v1/estimate", EstimateEndpoint.HandleAsync)
            .WithName("EstimateEdit")
            .WithSummary("What an edit would cost and when it would be done, without doing it")
            .WithTags("Queue")
            .RequireScope(Scope.Edit)
            .IsNoWork();
        foreach (int status in EstimateEndpoint.Problems)
        {
            estimate.ProducesAProblem(status);
        }
        estimate.AddOpenApiOperationTransformer(
            (operation, _, _) =>
            {
                operation.RequestBody = FieldSchemas.Body(
                    EstimateEndpoint.Fields,
                    EstimateEndpoint.Required,
                    new Dictionary<EditField, string>()
                );
                return Task.CompletedTask;
            }
        );
    }

    private static Ok<QueueReport> Look(HttpContext http, EditQueue queue) =>
        TypedResults.Ok(QueueReport.Of(queue.Look(Caller.Of(http).Name), queue.Capacity));
}
