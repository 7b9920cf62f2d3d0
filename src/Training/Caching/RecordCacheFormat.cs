using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Caching;

/// <summary>
/// What a cache of equal records is made from, and its files: <c>records-NNNNN.safetensors</c>, each with one tensor
/// <c>records</c> [n, …] in fp16, and <c>index.json</c> with every file's SHA-256, written last.
/// </summary>
/// <param name="Key">What the records were made from, in words; a cache serves no other.</param>
/// <param name="Count">Records in all.</param>
/// <param name="Shape">Of one record.</param>
internal sealed record RecordCacheFormat(string Key, long Count, IReadOnlyList<long> Shape)
{
    public const int RecordsPerFile = 4096;
    public const string TensorName = "records";
    public const string KeyField = "key";

    private const string IndexName = "index.json";

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Numbers of a record.</summary>
    public int RecordLength => (int)Shape.Aggregate(1L, (product, size) => product * size);

    public int FileCount => (int)((Count + RecordsPerFile - 1) / RecordsPerFile);

    public static string FilePath(string folder, int file) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"records-{file:D5}.safetensors"));

    /// <summary>The index of a complete cache, or null.</summary>
    /// <exception cref="DatasetException">It is malformed.</exception>
    public static RecordCacheIndex? ReadIndex(string folder)
    {
        string path = Path.Combine(folder, IndexName);
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize<RecordCacheIndex>(File.ReadAllBytes(path), _json)
                ?? throw new DatasetException($"{path}: it is null");
        }
        catch (JsonException e)
        {
            throw new DatasetException($"{path}: not an index of cached records: {e.Message}", e);
        }
    }

    public static void WriteIndex(string folder, RecordCacheIndex index)
    {
        string path = Path.Combine(folder, IndexName);
        string temporary = path + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(index, _json));
        File.Move(temporary, path, overwrite: true);
    }

    public static string Checksum(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <exception cref="DatasetException">The records there were made from something else.</exception>
    public void RequireKey(string where, string? found)
    {
        if (!string.Equals(found, Key, StringComparison.Ordinal))
        {
            throw new DatasetException(
                $"{where}: made from {found ?? "something unknown"}; this run needs {Key}. Name another folder, or delete this one."
            );
        }
    }
}

/// <summary>What <c>index.json</c> of a cache says.</summary>
/// <param name="Key">What the records were made from.</param>
/// <param name="Sha256">Of each file, in order.</param>
internal sealed record RecordCacheIndex(string Key, IReadOnlyList<string> Sha256);
