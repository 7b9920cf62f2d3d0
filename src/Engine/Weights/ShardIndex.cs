using System.Text.Json;

namespace InstructDiffusion.Engine.Weights;

/// <summary>The index of a sharded model (<c>*.safetensors.index.json</c>, <c>*.bin.index.json</c>): which file holds which tensor.</summary>
internal static class ShardIndex
{
    private const long MaxLength = 64 << 20;
    private const int MaxShards = 1000;

    /// <summary>Opens the index and its shards, which lie beside it.</summary>
    /// <exception cref="CheckpointFormatException">The index is malformed, names files elsewhere, or disagrees with a shard.</exception>
    public static ITensorSource Open(string path)
    {
        var map = ReadWeightMap(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var merged = new MergedTensorSource(path);
        try
        {
            foreach (var shard in map.GroupBy(entry => entry.Value, entry => entry.Key, StringComparer.Ordinal))
            {
                var file = Path.Combine(folder, shard.Key);
                if (!File.Exists(file))
                {
                    throw new CheckpointFormatException(path, $"its shard '{shard.Key}' is missing");
                }
                var source = CheckpointFile.OpenFile(file, allowIndex: false);
                merged.Own(source);
                foreach (var name in shard)
                {
                    merged.Add(source, name);
                }
            }
            return merged;
        }
        catch
        {
            merged.Dispose();
            throw;
        }
    }

    /// <summary>The shards that an index names, in the order of their names.</summary>
    /// <exception cref="CheckpointFormatException">The index is malformed or names files elsewhere.</exception>
    public static IReadOnlyList<string> FilesOf(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return
        [
            .. ReadWeightMap(path)
                .Values.Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Select(name => Path.Combine(folder, name)),
        ];
    }

    private static Dictionary<string, string> ReadWeightMap(string path)
    {
        if (new FileInfo(path).Length > MaxLength)
        {
            throw new CheckpointFormatException(path, $"an index is at most {MaxLength} bytes");
        }
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var map = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var entry in json.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                map.Add(entry.Name, RequirePlainName(path, entry.Value.GetString()));
            }
            return map.Values.Distinct(StringComparer.Ordinal).Count() is > 0 and <= MaxShards
                ? map
                : throw new CheckpointFormatException(path, $"its weight_map must name 1 to {MaxShards} files");
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new CheckpointFormatException(path, $"it is no index of a sharded model: {e.Message}", e);
        }
    }

    private static string RequirePlainName(string path, string? name) =>
        string.IsNullOrEmpty(name) || name is "." or ".." || name.AsSpan().ContainsAny("/\\:\0")
            ? throw new CheckpointFormatException(path, $"its shard '{name}' must be a file beside it")
            : name;
}
