using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>The fields of a request to POST /v1/images/edits as values.</summary>
internal sealed record OpenAiParameters
{
    /// <summary>Longest prompt in characters, as at OpenAI; the text encoder reads 77 tokens of it.</summary>
    public const int LongestPrompt = 32_000;

    private static readonly string[] ModelsOfOpenAi = ["gpt-image-", "chatgpt-image-", "dall-e-"];

    private static readonly Dictionary<string, OutputResize> Resizes = Enum.GetValues<OutputResize>()
        .ToDictionary(how => how.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>What POST /v1/edits has too.</summary>
    public required EditParameters Edit { get; init; }

    /// <summary>Size of the answer; null for the source's.</summary>
    public required ImageSize? Size { get; init; }

    public required OutputResize Resize { get; init; }

    /// <summary>Quality of a JPEG or WebP file, 1 to 100.</summary>
    public required int FileQuality { get; init; }

    /// <summary><c>auto</c>, <c>transparent</c> or <c>opaque</c>.</summary>
    public required string Background { get; init; }

    /// <summary><c>auto</c>, <c>low</c>, <c>medium</c> or <c>high</c>.</summary>
    public required string Quality { get; init; }

    /// <summary>True to answer with <c>url</c> in place of <c>b64_json</c>.</summary>
    public required bool AsUrl { get; init; }

    public required bool Stream { get; init; }
    public required int PartialImages { get; init; }

    /// <summary>Understands every field; what is wrong is noted in the form's errors, and the result is then of no use.</summary>
    /// <exception cref="ApiException">The model that is asked for is not served.</exception>
    public static OpenAiParameters Read(EditForm form, ModelDescription model, LimitsOptions limits)
    {
        var reader = new FieldReader(form);
        RequireModel(reader, model);
        foreach (EditField field in OpenAiField.WithoutEffect)
        {
            Choice(reader, field);
        }
        var edit = EditParameters.Read(form, model, limits.MaxCanvasPixels, LongestPrompt);
        string quality = Choice(reader, OpenAiField.Quality) ?? "auto";
        if (!reader.Has(EditField.Steps))
        {
            edit = edit with { Steps = StepsFor(quality, model) };
        }
        string background = Choice(reader, OpenAiField.Background) ?? "auto";
        if (background is "transparent" && edit.OutputFormat == ImageFileFormat.Jpeg)
        {
            form.Fault(OpenAiField.Background, "is transparent, which the output_format jpeg cannot be");
        }
        return new OpenAiParameters
        {
            Edit = edit,
            Size = ReadSize(form, limits),
            Resize = reader.OneOf(OpenAiField.Resize, Resizes) ?? OutputResize.Crop,
            FileQuality = (int)Math.Max(1, reader.WholeNumber(OpenAiField.OutputCompression) ?? 100),
            Background = background,
            Quality = quality is "standard" ? "medium" : quality,
            AsUrl = Choice(reader, OpenAiField.ResponseFormat) is "url",
            Stream = reader.Flag(OpenAiField.Stream) ?? false,
            PartialImages = (int)(reader.WholeNumber(OpenAiField.PartialImages) ?? 0),
        };
    }

    private static string? Choice(FieldReader reader, EditField field)
    {
        string? text = reader.Text(field);
        if (text is null || field.Choices?.Contains(text, StringComparer.Ordinal) is null or true)
        {
            return text;
        }
        reader.Fault(field, $"must be one of {string.Join(", ", field.Choices)}, got '{EditForm.Shown(text)}'");
        return null;
    }

    // A tool that knows only OpenAI's models names one of them; any other name is somebody's choice, which must not be overruled.
    private static void RequireModel(FieldReader reader, ModelDescription model)
    {
        if (
            reader.Text(OpenAiField.Model) is { } name
            && !name.Equals(model.Name, StringComparison.Ordinal)
            && !ModelsOfOpenAi.Any(family => name.StartsWith(family, StringComparison.Ordinal))
        )
        {
            throw new ApiException(
                ProblemKind.ModelNotFound,
                $"The model '{EditForm.Shown(name)}' is not served here; '{model.Name}' is.",
                OpenAiField.Model.Name
            );
        }
    }

    private static int StepsFor(string quality, ModelDescription model) =>
        quality switch
        {
            "low" => (model.DefaultSteps + 1) / 2,
            "high" => Math.Min(model.MaxSteps, 2 * model.DefaultSteps),
            _ => model.DefaultSteps,
        };

    private static ImageSize? ReadSize(EditForm form, LimitsOptions limits)
    {
        if (form.Get(OpenAiField.Size) is not { } value)
        {
            return null;
        }
        if (OutputSize.Parse(value.Text, limits.MaxPixels, limits.MaxSide, out ImageSize? size) is { } fault)
        {
            form.Fault(OpenAiField.Size, fault);
        }
        return size;
    }
}
