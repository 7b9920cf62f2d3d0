using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Cli.Pull;

/// <summary>How the pull's own files are written.</summary>
internal static class PullJson
{
    public static JsonSerializerOptions Options { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            WriteIndented = true,
        };
}
