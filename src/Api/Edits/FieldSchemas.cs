using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.Edits;

/// <summary>Describes a table of fields in the OpenAPI document.</summary>
internal static class FieldSchemas
{
    /// <summary>A request's body as it may come, as a form or as JSON.</summary>
    /// <param name="fields">Every field, in the order to show them.</param>
    /// <param name="required">Those that must be there.</param>
    /// <param name="examples">Values to show in place of the fields' own.</param>
    public static OpenApiRequestBody Body(
        IReadOnlyList<EditField> fields,
        IEnumerable<EditField> required,
        IReadOnlyDictionary<EditField, string> examples
    ) =>
        new()
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["multipart/form-data"] = new() { Schema = Object(fields, required, examples, isJson: false) },
                ["application/json"] = new() { Schema = Object(fields, required, examples, isJson: true) },
            },
        };

    private static OpenApiSchema Object(
        IReadOnlyList<EditField> fields,
        IEnumerable<EditField> required,
        IReadOnlyDictionary<EditField, string> examples,
        bool isJson
    ) =>
        new()
        {
            Type = JsonSchemaType.Object,
            AdditionalPropertiesAllowed = fields.Any(field => field.Type == EditFieldType.Rest),
            Required = new HashSet<string>(required.Select(field => NameOf(field, isJson))),
            Properties = fields
                .Where(field => field.Type != EditFieldType.Rest)
                .ToDictionary(
                    field => NameOf(field, isJson),
                    IOpenApiSchema (field) =>
                        Describe(field, isJson, examples.GetValueOrDefault(field) ?? field.Example)
                ),
        };

    private static string NameOf(EditField field, bool isJson) => isJson ? field.JsonName ?? field.Name : field.Name;

    private static OpenApiSchema Describe(EditField field, bool isJson, string? example)
    {
        var schema = new OpenApiSchema
        {
            Description = field.Description,
            Examples = example is null ? null : [JsonValue.Create(example)],
        };
        switch (field.Type)
        {
            case EditFieldType.Image when isJson && field.TakesReferences:
                DescribeReference(schema, field.Repeats);
                break;
            case EditFieldType.Image:
                schema.Type = JsonSchemaType.String;
                schema.Format = isJson ? "byte" : "binary";
                break;
            case EditFieldType.Text:
                schema.Type = JsonSchemaType.String;
                schema.Enum = Choices(field);
                break;
            case EditFieldType.Texts:
                schema.Type = JsonSchemaType.Array;
                schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Choices(field) };
                schema.Examples = example is null ? null : [new JsonArray(JsonValue.Create(example))];
                break;
            case EditFieldType.Flag:
                schema.Type = JsonSchemaType.Boolean;
                break;
            default:
                schema.Type = field.Type == EditFieldType.Number ? JsonSchemaType.Number : JsonSchemaType.Integer;
                schema.Minimum = field.Minimum.ToString(CultureInfo.InvariantCulture);
                schema.Maximum = field.Maximum.ToString(CultureInfo.InvariantCulture);
                schema.Examples = example is null ? null : [JsonNode.Parse(example)!];
                break;
        }
        return schema;
    }

    // One picture, although OpenAI's JSON has a list: no model takes more.
    private static void DescribeReference(OpenApiSchema schema, bool isList)
    {
        var reference = new Dictionary<string, IOpenApiSchema>
        {
            ["image_url"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A data: URL." },
        };
        OpenApiSchema target = isList ? new OpenApiSchema() : schema;
        target.Type = JsonSchemaType.Object;
        target.Properties = reference;
        target.Required = new HashSet<string>(reference.Keys);
        if (isList)
        {
            schema.Type = JsonSchemaType.Array;
            schema.Items = target;
            schema.MinItems = schema.MaxItems = 1;
        }
    }

    private static List<JsonNode>? Choices(EditField field) =>
        field.Choices?.Select(name => (JsonNode)JsonValue.Create(name)).ToList();
}
