using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Caching;

/// <summary>
/// Files of a latent cache: <c>latents-NNNNN.safetensors</c>, each with one tensor <c>records</c> [n, 3, C, h, w] in fp16 (source
/// mean, target mean, target log-variance), and <c>index.json</c> with the key and every file's SHA-256, written last.
/// </summary>
internal static class LatentCacheFolder
{
    public const int ShardRecords = 4096;
    public const int LatentsPerRecord = 3;
    public const string TensorName = "records";
    public const string KeyField = "key";

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
    };

    public static string ShardPath(string folder, long shard) =>
        Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"latents-{shard:D5}.safetensors"));

    public static long ShardCount(LatentCacheKey key) => (key.Count * key.Variants + ShardRecords - 1) / ShardRecords;

    public static LatentCacheIndex? ReadIndex(string folder)
    {
        string path = Path.Combine(folder, "index.json");
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize<LatentCacheIndex>(File.ReadAllBytes(path), _json)
                ?? throw new DatasetException($"{path}: it is null");
        }
        catch (JsonException e)
        {
            throw new DatasetException($"{path}: not an index of cached latents: {e.Message}", e);
        }
    }

    public static void WriteIndex(string folder, LatentCacheIndex index)
    {
        string path = Path.Combine(folder, "index.json");
        string temporary = path + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(index, _json));
        File.Move(temporary, path, overwrite: true);
    }

    public static string Sha256(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}

/// <summary>What <c>index.json</c> of a latent cache says.</summary>
/// <param name="Key">What the latents were made from.</param>
/// <param name="Sha256">Of each file, in order.</param>
/// <param name="Broken">Pairs that could not be read.</param>
internal sealed record LatentCacheIndex(LatentCacheKey Key, IReadOnlyList<string> Sha256, long Broken);
