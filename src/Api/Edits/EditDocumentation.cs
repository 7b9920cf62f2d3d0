using System.Globalization;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.Edits;

/// <summary>Describes POST /v1/edits in the OpenAPI document, from the same table of fields that reads it.</summary>
internal static class EditDocumentation
{
    /// <summary>The statuses of the problems that can come; 404 and 405 belong to no route, and nobody reads a 499.</summary>
    public static IReadOnlyList<int> Problems { get; } =
    [400, 406, 408, 409, 410, 413, 415, 422, 424, 429, 500, 503, 504, 507];

    private static readonly EditField[] Required = [EditField.Image, EditField.Instruction];

    /// <summary>Completes what the framework found out from the endpoint's metadata.</summary>
    public static Task DescribeAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        operation.Description =
            "Answers with the picture, or with JSON that holds it, by the Accept header. What is absent gets the model's default "
            + "(see GET /v1/models). With an Idempotency-Key the request can be repeated safely; with `Prefer: wait=N` it becomes a "
            + "job after N seconds, with `Prefer: respond-async` at once.";
        JobDocumentation.DescribeHeaders(operation, JobDocumentation.IdempotencyKey, JobDocumentation.Prefer);
        operation.RequestBody = FieldSchemas.Body(EditEndpoint.Fields, Required, Examples(context.ApplicationServices));
        foreach ((string status, IOpenApiResponse response) in operation.Responses ?? [])
        {
            Complete((OpenApiResponse)response, int.Parse(status, CultureInfo.InvariantCulture));
        }
        return Task.CompletedTask;
    }

    /// <summary>What the loaded model does well: one of its instructions, with the values for it, or else its own values.</summary>
    private static Dictionary<EditField, string> Examples(IServiceProvider services)
    {
        if (services.GetRequiredService<EngineLoop>().Status.Model is not { } model)
        {
            return [];
        }
        TaskPreset? task = model.Tasks.FirstOrDefault(task => task.Instructions.Count > 0);
        var examples = new Dictionary<EditField, string>
        {
            [EditField.Steps] = Number(task?.Steps ?? model.DefaultSteps),
            [EditField.TextGuidanceScale] = Number(task?.TextGuidanceScale ?? model.DefaultTextGuidanceScale),
            [EditField.ImageGuidanceScale] = Number(task?.ImageGuidanceScale ?? model.DefaultImageGuidanceScale),
        };
        if (task is not null)
        {
            examples[EditField.Instruction] = task.Instructions[0];
            examples[EditField.Size] = Number(task.Resolution);
        }
        return examples;
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Complete(OpenApiResponse response, int status)
    {
        switch (status)
        {
            case StatusCodes.Status200OK:
                DescribeAnswer(response);
                break;
            case StatusCodes.Status202Accepted:
                JobDocumentation.DescribeAccepted(response);
                break;
            default:
                DescribeProblem(response, status);
                break;
        }
    }

    /// <summary>Names the problems of a status.</summary>
    public static void DescribeProblem(OpenApiResponse response, int status)
    {
        IEnumerable<ProblemKind> kinds = ProblemKind.All.Where(kind => kind.Status == status);
        response.Description = string.Join(" ", kinds.Select(kind => $"`{kind.Code}`: {kind.Title}"));
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers = new Dictionary<string, IOpenApiHeader>
            {
                ["Retry-After"] = Header("Seconds after which to try again.", JsonSchemaType.Integer),
            };
        }
    }

    private static void DescribeAnswer(OpenApiResponse response)
    {
        response.Description =
            "The edited picture, as large as the source; several as JSON or in parts. As events: queued, progress, preview, and "
            + "last completed with the JSON answer or error with the problem.";
        response.Headers = new Dictionary<string, IOpenApiHeader>
        {
            ["X-Seed"] = Header("The seed used.", JsonSchemaType.Integer),
            ["X-Steps"] = Header("The steps asked for.", JsonSchemaType.Integer),
            ["X-Finish-Reason"] = Header(
                "`completed`, or `deadline` for a picture at the step reached.",
                JsonSchemaType.String
            ),
            ["X-Working-Size"] = Header("The size the model worked at.", JsonSchemaType.String),
            ["X-Dropped-Tokens"] = Header("Tokens of the instruction that did not fit.", JsonSchemaType.Integer),
            ["X-Determinism"] = Header("`fast` or `batch_invariant`.", JsonSchemaType.String),
            ["X-Model"] = Header("The model's name.", JsonSchemaType.String),
            ["Server-Timing"] = Header("Where the time went.", JsonSchemaType.String),
            ["Content-Digest"] = Header("SHA-256 of the picture's file (RFC 9530).", JsonSchemaType.String),
        };
        // Pictures first: Swagger UI offers the first as the default.
        OpenApiMediaType json = response.Content!["application/json"];
        response.Content.Clear();
        foreach (string format in AnswerFormat.ByName.Keys)
        {
            response.Content[$"image/{format}"] = Bytes();
        }
        response.Content["application/json"] = json;
        response.Content["multipart/mixed"] = Bytes();
        response.Content["text/event-stream"] = new OpenApiMediaType
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        };
    }

    private static OpenApiMediaType Bytes() =>
        new()
        {
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
        };

    private static OpenApiHeader Header(string description, JsonSchemaType type) =>
        new()
        {
            Description = description,
            Schema = new OpenApiSchema { Type = type },
        };
}
