using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>How records are written and read: one line, snake_case names; on reading, nothing unknown, missing or twice.</summary>
internal static class ShardJson
{
    /// <summary>How every file of a stage is written and read.</summary>
    public static JsonSerializerOptions Options { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowDuplicateProperties = false,
            MaxDepth = 16,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };

    /// <summary>A record as a line without its end.</summary>
    /// <exception cref="ArgumentException">It is longer than what reads it accepts, or its name cannot name members.</exception>
    public static byte[] Line(ShardRecord record)
    {
        if (!record.HasValidId)
        {
            throw new ArgumentException($"id: '{record.Id}' is no name of a-z, 0-9, _ and -", nameof(record));
        }
        byte[] line = JsonSerializer.SerializeToUtf8Bytes(record, Options);
        return line.Length <= ShardRecord.MaxBytes
            ? line
            : throw new ArgumentException(
                $"{record.Id}: a record of {line.Length:N0} bytes, at most {ShardRecord.MaxBytes:N0} are read",
                nameof(record)
            );
    }
}
