using System.Globalization;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Routes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.Vision;

/// <summary>Describes a vision route in the OpenAPI document, from the table of fields that reads it.</summary>
/// <param name="about">What it does.</param>
/// <param name="fields">Its fields.</param>
/// <param name="required">Those that must be there.</param>
/// <param name="pictures">Media types of pictures that it can answer with.</param>
internal sealed class VisionDocumentation(
    string about,
    IReadOnlyList<EditField> fields,
    IReadOnlyList<EditField> required,
    IReadOnlyList<string> pictures
)
{
    /// <summary>The statuses of the problems that can come; 404 and 405 belong to no route, and nobody reads a 499.</summary>
    public static IReadOnlyList<int> Problems { get; } =
    [400, 401, 403, 406, 408, 409, 410, 413, 415, 422, 424, 429, 500, 503, 504, 507];

    private const string Honest =
        " Give `target`, which the model's own wording is put around, or a whole `instruction`. What is absent gets the values that "
        + "the model's sidecar has for the task (see GET /v1/tasks). `confidence` tells how clear the paint is, not how probable it is "
        + "that the model painted the right thing.";

    public static readonly VisionDocumentation Segment = new(
        "Has the model paint something over and reads the mask. JSON, or with `Accept: image/png` the mask itself."
            + Honest,
        [.. VisionField.OfSegment, .. VisionField.Service],
        [VisionField.Image],
        ["image/png"]
    );

    public static readonly VisionDocumentation Detect = new(
        "Has the model paint something over and gives a box for each piece of the mask, with the piece's confidence as its score."
            + Honest,
        [.. VisionField.OfDetect, .. VisionField.Service],
        [VisionField.Image],
        []
    );

    public static readonly VisionDocumentation Keypoints = new(
        "Has the model mark each of the `points` with a disc, one edit for each, and reads where it lies. A point that is not marked "
            + "clearly has `found: false` and no position. `instruction` asks for one point in words of your own.",
        [.. VisionField.OfKeypoints, .. VisionField.Service],
        [VisionField.Image],
        []
    );

    public static readonly VisionDocumentation Restore = new(
        "An edit with the instruction and the values that the model's sidecar has for the `kind`. Everything else is as in "
            + "POST /v1/edits, the answer too.",
        VisionField.OfRestoreRoute,
        [VisionField.Image, VisionField.Kind],
        ["image/png", "image/jpeg", "image/webp"]
    );

    /// <summary>Completes what the framework found out from the endpoint's metadata.</summary>
    public Task DescribeAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        operation.Description = about;
        JobDocumentation.DescribeHeaders(operation, JobDocumentation.IdempotencyKey);
        operation.RequestBody = FieldSchemas.Body(fields, required, new Dictionary<EditField, string>());
        foreach ((string status, IOpenApiResponse response) in operation.Responses ?? [])
        {
            if (status is "200")
            {
                DescribeAnswer((OpenApiResponse)response);
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

    private void DescribeAnswer(OpenApiResponse response)
    {
        response.Description = "What was found, also when that is nothing.";
        foreach (string picture in pictures)
        {
            response.Content![picture] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
            };
        }
    }
}
