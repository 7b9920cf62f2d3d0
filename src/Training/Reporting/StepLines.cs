using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Reporting;

/// <summary>The step log's format: one JSON object a line, names in snake case, NaN and infinities as strings.</summary>
internal static class StepLines
{
    /// <summary>A line of ours has a few hundred bytes, and a few more for each task.</summary>
    private const int MaxLineLength = 1 << 16;

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
    };

    /// <summary>A line with its end.</summary>
    public static byte[] Write(StepRecord record) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(record, _json), (byte)'\n'];

    /// <summary>Every line with the offset behind it, from the start; the record is null where a line is damaged or has no end.</summary>
    public static IEnumerable<(long End, StepRecord? Record)> Read(Stream stream)
    {
        var line = new List<byte>();
        long end = 0;
        for (int value = stream.ReadByte(); value >= 0; value = stream.ReadByte())
        {
            end++;
            if (value == '\n')
            {
                yield return (end, Parse(line));
                line.Clear();
            }
            else if (line.Count <= MaxLineLength)
            {
                line.Add((byte)value);
            }
        }
        if (line.Count > 0)
        {
            yield return (end, null);
        }
    }

    private static StepRecord? Parse(List<byte> line)
    {
        if (line.Count > MaxLineLength)
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize<StepRecord>([.. line], _json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
