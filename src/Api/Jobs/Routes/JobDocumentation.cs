using System.Globalization;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>Describes the routes of jobs in the OpenAPI document.</summary>
internal static class JobDocumentation
{
    public static readonly (string Name, string Description) IdempotencyKey = (
        IdempotencyHeader.Name,
        "The client's own name for this request, 1 to 255 visible ASCII characters. The same request with the same key gives the "
            + "same answer again, with `Idempotency-Replayed: true`."
    );

    public static readonly (string Name, string Description) Prefer = (
        "Prefer",
        "`wait=N`: answer as soon as there is something to tell, after N seconds (at most 60) in any case. `respond-async`, on "
            + "requests that make an edit: answer with a job at once."
    );

    /// <summary>POST /v1/jobs: the fields of every type.</summary>
    public static Task DescribeCreateAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        IServiceProvider services = context.ApplicationServices;
        string types = string.Join(", ", services.GetRequiredService<JobOperations>().Types);
        operation.Description =
            $"The body is that of the synchronous route of the same work, and `type` says which: {types}. The job is durable when "
            + "this answers.";
        operation.RequestBody = FieldSchemas.Body(
            services.GetRequiredService<JobIntake>().Fields,
            [JobField.Type, EditField.Image],
            new Dictionary<EditField, string>()
        );
        DescribeHeaders(operation, IdempotencyKey);
        return DescribeAsync(operation, context, cancellationToken);
    }

    /// <summary>GET /v1/jobs/{id}.</summary>
    public static Task DescribeGetAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        DescribeHeaders(
            operation,
            Prefer,
            (
                "If-None-Match",
                "An ETag of before: nothing new is a 304, and what `Prefer: wait=N` waits for is something new."
            )
        );
        return DescribeAsync(operation, context, cancellationToken);
    }

    /// <summary>GET /v1/jobs/{id}/events.</summary>
    public static Task DescribeEventsAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        operation.Description =
            "`queued`, `started`, `progress`, `preview`, and at the end `completed`, `failed`, `cancelled` or `expired` with the job. "
            + "`reconnect` when the server stops. A comment every 15 s keeps the connection alive.";
        DescribeHeaders(
            operation,
            ("Last-Event-ID", "The last event that the client has; the stream goes on after it.")
        );
        operation.Parameters!.Add(
            new OpenApiParameter
            {
                Name = "previews",
                In = ParameterLocation.Query,
                Description = "True to get small pictures of what it looks like so far.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Boolean },
            }
        );
        return DescribeAsync(operation, context, cancellationToken);
    }

    /// <summary>Names the problems, and the headers of what was accepted.</summary>
    public static Task DescribeAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        foreach ((string text, IOpenApiResponse response) in operation.Responses ?? [])
        {
            int status = int.Parse(text, CultureInfo.InvariantCulture);
            if (status == StatusCodes.Status202Accepted)
            {
                DescribeAccepted((OpenApiResponse)response);
            }
            else if (status >= StatusCodes.Status400BadRequest)
            {
                EditDocumentation.DescribeProblem((OpenApiResponse)response, status);
            }
        }
        return Task.CompletedTask;
    }

    /// <summary>What a 202 tells.</summary>
    public static void DescribeAccepted(OpenApiResponse response)
    {
        response.Description = "The job, which goes on.";
        response.Headers = new Dictionary<string, IOpenApiHeader>
        {
            ["Location"] = Header("The job's address.", JsonSchemaType.String),
            ["Retry-After"] = Header("Seconds after which to ask for it.", JsonSchemaType.Integer),
        };
    }

    /// <summary>Adds request headers.</summary>
    public static void DescribeHeaders(
        OpenApiOperation operation,
        params ReadOnlySpan<(string Name, string Description)> headers
    )
    {
        operation.Parameters ??= [];
        foreach ((string name, string description) in headers)
        {
            operation.Parameters.Add(
                new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Header,
                    Description = description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                }
            );
        }
    }

    private static OpenApiHeader Header(string description, JsonSchemaType type) =>
        new()
        {
            Description = description,
            Schema = new OpenApiSchema { Type = type },
        };
}
