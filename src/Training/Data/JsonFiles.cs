using System.Text.Encodings.Web;
using System.Text.Json;

namespace InstructDiffusion.Training.Data;

/// <summary>How the JSON files of data sets are written and read: snake_case names; on reading, nothing unknown and nothing twice.</summary>
internal static class JsonFiles
{
    public static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault,
        AllowDuplicateProperties = false,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 16,
    };

    private const int MaxBytes = 16 << 20;

    /// <summary>Reads a JSON file of at most 16 MiB.</summary>
    /// <exception cref="InvalidDataException">It is missing, too large, or not of this shape.</exception>
    public static T Read<T>(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new InvalidDataException($"{path}: not found");
        }
        if (file.Length > MaxBytes)
        {
            throw new InvalidDataException($"{path}: {file.Length:N0} bytes, allowed: {MaxBytes:N0}");
        }
        return Parse<T>(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads JSON bytes; <paramref name="origin"/> is named in errors.</summary>
    /// <exception cref="InvalidDataException">They are not of this shape.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, string origin)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Strict)
                ?? throw new InvalidDataException($"{origin}: holds null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{origin}: {error.Message}", error);
        }
    }
}
