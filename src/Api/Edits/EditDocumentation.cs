using System.Globalization;
using System.Text.Json.Nodes;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Sampling;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.Edits;

/// <summary>Describes POST /v1/edits in the OpenAPI document, from the same table of fields that reads it.</summary>
internal static class EditDocumentation
{
    private static readonly int[] Problems = [400, 406, 408, 413, 415, 422, 429, 500, 503];
    private static readonly EditField[] Required = [EditField.Image, EditField.Instruction];

    public static async Task DescribeAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        operation.Description =
            "Answers with the picture, or with JSON that holds it, by the Accept header. What is absent gets the model's default "
            + "(see GET /v1/models).";
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["multipart/form-data"] = new() { Schema = Body(isJson: false) },
                ["application/json"] = new() { Schema = Body(isJson: true) },
            },
        };
        OpenApiSchema answer = await context.GetOrCreateSchemaAsync(typeof(EditAnswer), null, cancellationToken);
        OpenApiSchema problem = await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellationToken);
        operation.Responses = new OpenApiResponses { ["200"] = Success(answer) };
        foreach (int status in Problems)
        {
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] = Failure(status, problem);
        }
    }

    private static OpenApiSchema Body(bool isJson) =>
        new()
        {
            Type = JsonSchemaType.Object,
            AdditionalPropertiesAllowed = false,
            Required = new HashSet<string>(Required.Select(field => field.Name)),
            Properties = EditField.All.ToDictionary(
                field => field.Name,
                IOpenApiSchema (field) => Describe(field, isJson)
            ),
        };

    private static OpenApiSchema Describe(EditField field, bool isJson)
    {
        var schema = new OpenApiSchema
        {
            Description = field.Description,
            Examples = field.Example is null ? null : [JsonValue.Create(field.Example)],
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

    private static OpenApiResponse Success(OpenApiSchema answer)
    {
        var response = new OpenApiResponse
        {
            Description = "The edited picture, as large as the source.",
            Content = new Dictionary<string, OpenApiMediaType>(),
            Headers = new Dictionary<string, IOpenApiHeader>
            {
                ["X-Seed"] = Header("The seed used.", JsonSchemaType.Integer),
                ["X-Steps"] = Header("The steps taken.", JsonSchemaType.Integer),
                ["X-Working-Size"] = Header("The size the model worked at.", JsonSchemaType.String),
                ["X-Dropped-Tokens"] = Header("Tokens of the instruction that did not fit.", JsonSchemaType.Integer),
                ["X-Model"] = Header("The model's name.", JsonSchemaType.String),
                ["Server-Timing"] = Header("Where the time went.", JsonSchemaType.String),
                ["Content-Digest"] = Header("SHA-256 of the picture's file (RFC 9530).", JsonSchemaType.String),
            },
        };
        foreach (string format in AnswerFormat.ByName.Keys)
        {
            response.Content[$"image/{format}"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
            };
        }
        response.Content["application/json"] = new OpenApiMediaType { Schema = answer };
        return response;
    }

    private static OpenApiHeader Header(string description, JsonSchemaType type) =>
        new()
        {
            Description = description,
            Schema = new OpenApiSchema { Type = type },
        };

    private static OpenApiResponse Failure(int status, OpenApiSchema problem)
    {
        ProblemKind[] kinds = [.. ProblemKind.All.Where(kind => kind.Status == status)];
        var response = new OpenApiResponse
        {
            Description = string.Join(" ", kinds.Select(kind => $"`{kind.Code}`: {kind.Title}")),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new() { Schema = problem },
            },
        };
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers = new Dictionary<string, IOpenApiHeader>
            {
                ["Retry-After"] = Header("Seconds after which to try again.", JsonSchemaType.Integer),
            };
        }
        return response;
    }
}
