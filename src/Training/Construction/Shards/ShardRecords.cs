using System.Text;
using System.Text.Json;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>Reads the records of a shard, rejected ones too, in their order.</summary>
internal static class ShardRecords
{
    /// <summary>One after the other.</summary>
    /// <exception cref="DatasetException">A line is no record.</exception>
    public static IEnumerable<ShardRecord> Read(ShardFile shard)
    {
        using var lines = new BoundedLines(shard.Records, ShardRecord.MaxBytes);
        for (int number = 1; lines.Next() is { } line; number++)
        {
            yield return Parse(line, $"{shard.Records}, line {number}");
        }
    }

    private static ShardRecord Parse(string line, string place)
    {
        try
        {
            ShardRecord record =
                JsonSerializer.Deserialize<ShardRecord>(Encoding.UTF8.GetBytes(line), ShardJson.Options)
                ?? throw new DatasetException($"{place}: holds null");
            return record.HasValidId ? record : throw new DatasetException($"{place}: id: '{record.Id}' is no name");
        }
        catch (JsonException error)
        {
            throw new DatasetException($"{place}: {error.Message}", error);
        }
    }
}
