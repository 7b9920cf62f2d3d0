using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>How the public data sets' own JSON is read: snake_case names, what is not needed is passed over.</summary>
internal static class DatasetJson
{
    private static readonly JsonSerializerOptions _options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        MaxDepth = 32,
    };

    /// <summary>An item as a value, or null, with the reason noted, where it has another shape.</summary>
    /// <param name="json">The item.</param>
    /// <param name="what">What it is, for the note.</param>
    /// <param name="number">Which one it is in its file.</param>
    /// <param name="log">Told why it is not one.</param>
    public static T? TryRead<T>(ReadOnlySpan<byte> json, string what, long number, RejectionLog log)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize<T>(json, _options) is { } value)
            {
                return value;
            }
            log.Reject($"{what}: null", $"number {number}");
        }
        catch (JsonException error)
        {
            log.Reject($"{what}: not of the expected shape", $"number {number}: {error.Message}");
        }
        return null;
    }
}
