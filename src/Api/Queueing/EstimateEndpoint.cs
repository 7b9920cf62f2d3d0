using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Queueing;

/// <summary>POST /v1/estimate: the fields of an edit, with the picture's size in place of the picture.</summary>
internal static class EstimateEndpoint
{
    private static readonly EditField Width = Side("width", "Width of the picture in pixels, upright.");
    private static readonly EditField Height = Side("height", "Height of the picture in pixels, upright.");

    /// <summary>The fields of the body.</summary>
    public static IReadOnlyList<EditField> Fields { get; } =
    [Width, Height, .. EditEndpoint.Fields.Where(field => field.Type != EditFieldType.Image)];

    /// <summary>The fields that must be there.</summary>
    public static IReadOnlyList<EditField> Required { get; } = [Width, Height];

    /// <summary>The statuses of the problems that can come.</summary>
    public static IReadOnlyList<int> Problems { get; } = [400, 408, 413, 415, 422, 503];

    public static async Task<Ok<EstimateAnswer>> HandleAsync(
        HttpContext http,
        EditIntake intake,
        EditDesk edits,
        EditQueue queue,
        IOptions<LimitsOptions> limits
    )
    {
        ModelDescription model = edits.RequireModel();
        return await intake.ReadAsync(http.Request, Fields, Estimate);

        Ok<EstimateAnswer> Estimate(EditForm form)
        {
            EditTicketOptions terms = EditTerms.Read(form, http.Request, TimeSpan.Zero);
            ImageSize source = ReadSource(form, limits.Value);
            if (form.Get(EditField.Instruction) is null)
            {
                // It costs the same whatever it says.
                form.Set(EditField.Instruction, new FieldValue("estimate", FieldNotation.Form));
            }
            EditParameters parameters = EditParameters.Read(form, model, limits.Value.MaxCanvasPixels);
            form.Errors.ThrowIfAny();
            EditRequest request = parameters.ToRequest(new RgbImage(1, 1, new byte[RgbImage.Channels]));
            return TypedResults.Ok(EstimateAnswer.Of(queue.Estimate(request, source, terms, parameters.Count)));
        }
    }

    private static ImageSize ReadSource(EditForm form, LimitsOptions limits)
    {
        var reader = new FieldReader(form);
        int width = ReadSide(reader, Width, limits);
        int height = ReadSide(reader, Height, limits);
        var source = new ImageSize(width, height);
        if (source.PixelCount > limits.MaxPixels)
        {
            reader.Fault(
                Width,
                $"times {Height.Name} must be at most {limits.MaxPixels} pixels, got {source.PixelCount}"
            );
        }
        return source;
    }

    private static int ReadSide(FieldReader reader, EditField field, LimitsOptions limits)
    {
        if (!reader.Has(field))
        {
            reader.Fault(field, "is required");
        }
        return (int)(reader.WholeNumber(field, limits.MaxSide) ?? 1);
    }

    private static EditField Side(string name, string description) =>
        new(name, EditFieldType.WholeNumber, description)
        {
            Minimum = 1,
            Maximum = ushort.MaxValue,
            Example = "512",
        };
}
