using System.Globalization;
using System.Text.Json.Nodes;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Sampling;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.Edits;

/// <summary>Describes POST /v1/edits in the OpenAPI document, from the same table of fields that reads it.</summary>
internal static class EditDocumentation
{
    /// <summary>The statuses of the problems that can come; 404 and 405 belong to no route, and nobody reads a 499.</summary>
    public static IReadOnlyList<int> Problems { get; } = [400, 406, 408, 413, 415, 422, 429, 500, 503];

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
            + "(see GET /v1/models).";
        string? instruction = ExampleInstruction(context.ApplicationServices);
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["multipart/form-data"] = new() { Schema = Body(isJson: false, instruction) },
                ["application/json"] = new() { Schema = Body(isJson: true, instruction) },
            },
        };
        foreach ((string status, IOpenApiResponse response) in operation.Responses ?? [])
        {
            Complete((OpenApiResponse)response, int.Parse(status, CultureInfo.InvariantCulture));
        }
        return Task.CompletedTask;
    }

    /// <summary>An instruction that the loaded model does well, if one is loaded and names some.</summary>
    private static string? ExampleInstruction(IServiceProvider services) =>
        services
            .GetRequiredService<EngineLoop>()
            .Status.Model?.Tasks.SelectMany(task => task.Instructions)
            .FirstOrDefault();

    private static OpenApiSchema Body(bool isJson, string? instruction) =>
        new()
        {
            Type = JsonSchemaType.Object,
            AdditionalPropertiesAllowed = false,
            Required = new HashSet<string>(Required.Select(field => field.Name)),
            Properties = EditField.All.ToDictionary(
                field => field.Name,
                IOpenApiSchema (field) =>
                    Describe(
                        field,
                        isJson,
                        field == EditField.Instruction ? instruction ?? field.Example : field.Example
                    )
            ),
        };

    private static OpenApiSchema Describe(EditField field, bool isJson, string? example)
    {
        var schema = new OpenApiSchema
        {
            Description = field.Description,
            Examples = example is null ? null : [JsonValue.Create(example)],
        };
        switch (field.Type)
        {
            case EditFieldType.Image:
                schema.Type = JsonSchemaType.String;
                schema.Format = isJson ? "byte" : "binary";
                break;
            case EditFieldType.Text:
                schema.Type = JsonSchemaType.String;
                schema.Enum = Choices(field)?.Select(name => (JsonNode)JsonValue.Create(name)).ToList();
                break;
            default:
                schema.Type = field.Type == EditFieldType.Number ? JsonSchemaType.Number : JsonSchemaType.Integer;
                schema.Minimum = field.Minimum.ToString(CultureInfo.InvariantCulture);
                schema.Maximum = field.Maximum.ToString(CultureInfo.InvariantCulture);
                break;
        }
        return schema;
    }

    private static IEnumerable<string>? Choices(EditField field) =>
        field == EditField.Sampler ? SamplerNames.ByName.Keys
        : field == EditField.OutputFormat ? AnswerFormat.ByName.Keys
        : null;

    private static void Complete(OpenApiResponse response, int status)
    {
        if (status == StatusCodes.Status200OK)
        {
            DescribeAnswer(response);
            return;
        }
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
        response.Description = "The edited picture, as large as the source.";
        response.Headers = new Dictionary<string, IOpenApiHeader>
        {
            ["X-Seed"] = Header("The seed used.", JsonSchemaType.Integer),
            ["X-Steps"] = Header("The steps taken.", JsonSchemaType.Integer),
            ["X-Working-Size"] = Header("The size the model worked at.", JsonSchemaType.String),
            ["X-Dropped-Tokens"] = Header("Tokens of the instruction that did not fit.", JsonSchemaType.Integer),
            ["X-Model"] = Header("The model's name.", JsonSchemaType.String),
            ["Server-Timing"] = Header("Where the time went.", JsonSchemaType.String),
            ["Content-Digest"] = Header("SHA-256 of the picture's file (RFC 9530).", JsonSchemaType.String),
        };
        // Pictures first: Swagger UI offers the first as the default.
        OpenApiMediaType json = response.Content!["application/json"];
        response.Content.Clear();
        foreach (string format in AnswerFormat.ByName.Keys)
        {
            response.Content[$"image/{format}"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
            };
        }
        response.Content["application/json"] = json;
    }

    private static OpenApiHeader Header(string description, JsonSchemaType type) =>
        new()
        {
            Description = description,
            Schema = new OpenApiSchema { Type = type },
        };
}
