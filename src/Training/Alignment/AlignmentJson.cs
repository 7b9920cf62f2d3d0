using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Alignment;

/// <summary>
/// The files of this stage: snake case, strict (an unknown or missing name is an error), bounded, and never half written.
/// </summary>
internal static class AlignmentJson
{
    /// <summary>Largest file read: a million answers are smaller.</summary>
    public const long MaxFileBytes = 128L << 20;

    /// <summary>How every file and answer of this stage is written and read.</summary>
    public static JsonSerializerOptions Options { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            AllowDuplicateProperties = false,
            MaxDepth = 16,
            WriteIndented = true,
            // Instructions in any script stay readable; the page shows them as text, never as markup.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        };

    /// <summary>Reads a file.</summary>
    /// <exception cref="AlignmentException">It is missing, too large, or not what it should be.</exception>
    public static T Read<T>(string path) => Read<T>(path, ReadBytes(path, MaxFileBytes));

    /// <summary>Reads the bytes of a file, which is named in errors.</summary>
    /// <exception cref="AlignmentException">They are not what they should be.</exception>
    public static T Read<T>(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, Options)
                ?? throw new AlignmentException($"{path}: expected an object, got null");
        }
        catch (JsonException e)
        {
            throw new AlignmentException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The bytes of a file that may not be larger than this.</summary>
    /// <exception cref="AlignmentException">It is missing, unreadable or too large.</exception>
    public static byte[] ReadBytes(string path, long most)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                throw new AlignmentException($"{path}: there is no such file");
            }
            return file.Length <= most
                ? File.ReadAllBytes(path)
                : throw new AlignmentException($"{path}: {file.Length:N0} bytes, at most {most:N0} are read");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AlignmentException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes aside, to the disk, then renames: the name never holds half a file, whatever happens.</summary>
    public static void Write<T>(string path, T value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string aside = path + ".new";
        using (FileStream stream = File.Create(aside))
        {
            JsonSerializer.Serialize(stream, value, Options);
            stream.Flush(flushToDisk: true);
        }
        File.Move(aside, path, overwrite: true);
    }
}
