using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Cli.Edit;

/// <summary>How a picture was made, written into its PNG: as JSON for programs, and as text that picture viewers show.</summary>
internal static class PictureParameters
{
    /// <summary>Keyword of the JSON; its names are those of the server's fields.</summary>
    public const string JsonKeyword = "parameters";

    /// <summary>Keyword of the readable text, one of those the PNG specification suggests.</summary>
    public const string TextKeyword = "Description";

    // Instructions in any script stay readable; the text is never put into HTML by us.
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static IReadOnlyDictionary<string, string> Of(
        EditRequest request,
        EditResult result,
        string model,
        string input
    )
    {
        var json = new JsonObject
        {
            ["instruction"] = request.Instruction,
            ["negative_instruction"] = request.NegativeInstruction,
            ["steps"] = request.Steps,
            ["seed"] = request.Seed,
            ["text_guidance_scale"] = request.TextGuidanceScale,
            ["image_guidance_scale"] = request.ImageGuidanceScale,
            ["sampler"] = SamplerNames.NameOf(request.Sampler),
            ["eta"] = request.Eta,
            ["working_size"] = result.WorkingSize.ToString(),
            ["model"] = model,
            ["input"] = input,
        };
        string text =
            $"{request.Instruction}\n"
            + $"Steps: {request.Steps}, Sampler: {SamplerNames.NameOf(request.Sampler)}, "
            + $"Text guidance: {request.TextGuidanceScale}, Image guidance: {request.ImageGuidanceScale}, "
            + $"Seed: {request.Seed}, Working size: {result.WorkingSize}, Model: {model}";
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [JsonKeyword] = json.ToJsonString(Json),
            [TextKeyword] = text,
        };
    }
}
