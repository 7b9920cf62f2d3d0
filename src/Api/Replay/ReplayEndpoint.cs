using System.Globalization;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Vision;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scope = InstructDiffusion.Api.Callers.Scope;

namespace InstructDiffusion.Api.Replay;

/// <summary>POST /v1/replay: makes a picture again from the record in it, and compares.</summary>
internal static class ReplayEndpoint
{
    private const string Json = "application/json";

    public static void MapReplay(this IEndpointRouteBuilder routes)
    {
        RouteHandlerBuilder route = routes
            .MapPost("/v1/replay", HandleAsync)
            .WithName("Replay")
            .WithSummary("Make a picture again from the record in it, and compare")
            .WithTags("Edits")
            .RequireScope(Scope.Edit)
            .Produces<ReplayAnswer>();
        foreach (int status in VisionDocumentation.Problems)
        {
            route.ProducesAProblem(status);
        }
        route.AddOpenApiOperationTransformer(DescribeAsync);
    }

    private static async Task HandleAsync(
        HttpContext http,
        EditIntake intake,
        ReplayOrders orders,
        EditDesk edits,
        WeightsDigest weights,
        DurableIntake durable,
        DurableRequests requests,
        JobOperations operations,
        TimeProvider time
    )
    {
        long arrived = time.GetTimestamp();
        EditRecord record = EditRecord.Of(http);
        // 1 Refuse at once what cannot succeed, before the upload.
        ModelDescription model = edits.RequireModel();
        if (AcceptHeader.Choose(http.Request.Headers.Accept, [Json]) < 0)
        {
            throw new ApiException(ProblemKind.NotAcceptable, $"This route answers with {Json}.");
        }
        if (durable.KeyOf(http.Request) is { } key)
        {
            JobOperation operation = operations.Find(ReplayJob.Name)!;
            JobDraft draft = await durable.ReadAsync(
                http.Request,
                operation,
                ReplayField.All,
                Terms,
                form => operation.Accept(form, model)
            );
            Job job = await requests.BeginAsync(http, draft, key);
            await AnswerAsync(http, (await requests.EndAsync(http, job)).Read<ReplayAnswer>());
            return;
        }
        edits.ThrowIfRefused(Caller.Of(http).Name);
        weights.Of(model);
        // 2 Bytes to a valid edit.
        ReplayOrder replay = await intake.ReadAsync(
            http.Request,
            ReplayField.All,
            form =>
            {
                EditTicketOptions terms = Terms(form);
                ReplayOrder order = orders.OrderOf(form);
                return order with { Order = order.Order with { Terms = terms } };
            }
        );
        record.Request = replay.Order.Request;
        // 3 The engine.
        record.Options = replay.Order.Terms;
        FinishedEdit finished = await edits.RunAsync(
            replay.Order.Request,
            replay.Order.Terms,
            record.Take,
            http.RequestAborted
        );
        record.Finish([finished]);
        // 4 The answer.
        await AnswerAsync(http, ReplayAnswer.Of(replay, finished, model, weights.Of(model)));

        EditTicketOptions Terms(EditForm form) => EditTerms.Read(form, http.Request, time.GetElapsedTime(arrived));
    }

    private static Task AnswerAsync(HttpContext http, ReplayAnswer answer)
    {
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsJsonAsync(answer, ApiJson.Options, http.RequestAborted);
    }

    private static Task DescribeAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        operation.Description =
            "PNG answers of POST /v1/edits and POST /v1/vision/restore carry a record of how they were made. Send such a picture with "
            + "the file it was made of: it is made again, and the answer tells whether every pixel is the same, and what has changed "
            + "since (the program, the model, its weights).";
        JobDocumentation.DescribeHeaders(operation, JobDocumentation.IdempotencyKey);
        operation.RequestBody = FieldSchemas.Body(
            ReplayField.All,
            [ReplayField.Image, ReplayField.Source],
            new Dictionary<EditField, string>()
        );
        foreach ((string status, IOpenApiResponse response) in operation.Responses ?? [])
        {
            if (status is "200")
            {
                response.Description = "How the picture made again compares.";
            }
            else
            {
                EditDocumentation.DescribeProblem(
                    (OpenApiResponse)response,
                    int.Parse(status, CultureInfo.InvariantCulture)
                );
            }
        }
        return Task.CompletedTask;
    }
}
