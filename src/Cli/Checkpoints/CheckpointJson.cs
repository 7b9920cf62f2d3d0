using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Cli.Checkpoints;

/// <summary>Summaries and key reports as JSON for programs: snake_case, complete.</summary>
internal static class CheckpointJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public static string Of(CheckpointSummary summary, ModelSidecar? sidecar)
    {
        JsonObject json = JsonSerializer.SerializeToNode(summary, Options)!.AsObject();
        // What inspecting a model is for fits a screen; which tensor is which is the conversion's report.
        json["keys"]!.AsObject().Remove("mapped");
        json["sidecar"] = JsonSerializer.SerializeToNode(sidecar, Options);
        return json.ToJsonString(Options);
    }

    public static string Of(KeyReport keys) => JsonSerializer.Serialize(keys, Options);
}
