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
        Converters = { new ComponentConverter(), new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    public static string Of(CheckpointSummary summary, ModelSidecar? sidecar)
    {
        JsonObject json = JsonSerializer.SerializeToNode(summary, Options)!.AsObject();
        // What inspecting a model is for fits a screen; which tensor is which is the conversion's report.
        json["keys"]!.AsObject().Remove("mapped");
        // The naming policy knows no UNet.
        json["unet_in_channels"] = summary.UNetInChannels;
        json.Remove("u_net_in_channels");
        json["sidecar"] = JsonSerializer.SerializeToNode(sidecar, Options);
        return json.ToJsonString(Options);
    }

    public static string Of(KeyReport keys) => JsonSerializer.Serialize(keys, Options);

    /// <summary>A component by the name of its folder: unet, vae, text_encoder.</summary>
    private sealed class ComponentConverter : JsonConverter<ModelComponent>
    {
        public override void Write(Utf8JsonWriter writer, ModelComponent value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.FolderName());

        public override ModelComponent Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            throw new NotSupportedException("Reports are only written.");
    }
}
