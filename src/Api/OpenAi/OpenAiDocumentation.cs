using System.Globalization;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Routes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>Describes POST /v1/images/edits in the OpenAPI document.</summary>
internal static class OpenAiDocumentation
{
    /// <summary>The statuses of the errors that can come. 404 is a model that is not served; nobody reads a 499.</summary>
    public static IReadOnlyList<int> Errors { get; } =
    [400, 401, 403, 404, 408, 409, 410, 413, 415, 422, 424, 429, 500, 503, 504, 507];

    /// <summary>Completes what the framework found out from the endpoint's metadata.</summary>
    public static Task DescribeAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        operation.Description =
            "OpenAI's route, for its clients unchanged: give them this server's address with /v1 as base URL. Fields that are "
            + "unknown or without effect are named in the answer's x-ignored-params. With an Idempotency-Key the request can be "
            + "repeated safely; a stream then holds the finished pictures alone.";
        JobDocumentation.DescribeHeaders(operation, JobDocumentation.IdempotencyKey);
        operation.RequestBody = FieldSchemas.Body(
            OpenAiField.All,
            [OpenAiField.Image, OpenAiField.Prompt],
            new Dictionary<EditField, string>()
        );
        foreach ((string status, IOpenApiResponse response) in operation.Responses ?? [])
        {
            Complete((OpenApiResponse)response, int.Parse(status, CultureInfo.InvariantCulture));
        }
        return Task.CompletedTask;
    }

    private static void Complete(OpenApiResponse response, int status)
    {
        response.Content?.Remove("application/problem+json");
        if (status == StatusCodes.Status200OK)
        {
            response.Description = "The edited pictures; with stream, events of which the last hold them.";
            response.Content!["text/event-stream"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            };
            return;
        }
        IEnumerable<ProblemKind> kinds = ProblemKind.All.Where(kind =>
            kind.Status == status && kind != ProblemKind.NotFound
        );
        response.Description = string.Join(" ", kinds.Select(kind => $"`{kind.Code}`: {kind.Title}"));
    }
}
