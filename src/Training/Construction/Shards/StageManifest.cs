using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>
/// What decides the shards of a folder: its <c>stage.json</c>. Machines that share a folder write the same one; a folder of
/// another is not gone on with.
/// </summary>
internal sealed record StageManifest
{
    /// <summary>The layout this program writes and reads.</summary>
    public const int CurrentLayout = 1;

    /// <summary>The file's name.</summary>
    public const string FileName = "stage.json";

    private const long MaxFileBytes = 1 << 20;

    private static readonly JsonSerializerOptions _indented = new(ShardJson.Options) { WriteIndented = true };

    /// <summary>See <see cref="CurrentLayout"/>.</summary>
    public required int Layout { get; init; }

    /// <summary>Name of the stage.</summary>
    public required string Stage { get; init; }

    /// <summary>Version of the stage.</summary>
    public required int Version { get; init; }

    /// <summary>Of its random choices.</summary>
    public required long Seed { get; init; }

    /// <summary>Items it works on.</summary>
    public required long Items { get; init; }

    /// <summary>Items of each shard but the last.</summary>
    public required int ShardItems { get; init; }

    /// <summary>Everything else that decides its samples.</summary>
    public required JsonObject Settings { get; init; }

    /// <summary>Hashes of what it reads.</summary>
    public required SortedDictionary<string, string> Inputs { get; init; }

    /// <summary>Models it computes with.</summary>
    public required IReadOnlyList<ModelNote> Models { get; init; }

    /// <summary>SHA-256 over the rest: with the same one, the shards are the same, byte for byte.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>How many shards there are.</summary>
    internal int Shards => (int)((Items + ShardItems - 1) / ShardItems);

    /// <summary>The items of a shard.</summary>
    internal (long First, int Count) ItemsOf(int shard)
    {
        long first = (long)shard * ShardItems;
        return (first, (int)Math.Min(ShardItems, Items - first));
    }

    /// <summary>The manifest of a stage.</summary>
    public static StageManifest Of(IShardStage stage, int shardItems)
    {
        StageIdentity identity = stage.Identity;
        var manifest = new StageManifest
        {
            Layout = CurrentLayout,
            Stage = identity.Name,
            Version = identity.Version,
            Seed = identity.Seed,
            Items = stage.Count,
            ShardItems = shardItems,
            Settings = (JsonObject)identity.Settings.DeepClone(),
            Inputs = new SortedDictionary<string, string>(
                identity.Inputs.ToDictionary(StringComparer.Ordinal),
                StringComparer.Ordinal
            ),
            Models = identity.Models,
            Fingerprint = "",
        };
        return manifest with { Fingerprint = FingerprintOf(manifest) };
    }

    /// <summary>Reads a folder's.</summary>
    /// <exception cref="DatasetException">There is none, or it is damaged or of another layout.</exception>
    public static StageManifest Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            if (!File.Exists(file))
            {
                throw new DatasetException($"{file}: not found: no stage has worked in this folder");
            }
            long length = new FileInfo(file).Length;
            if (length > MaxFileBytes)
            {
                throw new DatasetException($"{file}: {length:N0} bytes, at most {MaxFileBytes:N0} are read");
            }
            StageManifest manifest =
                JsonSerializer.Deserialize<StageManifest>(File.ReadAllBytes(file), ShardJson.Options)
                ?? throw new DatasetException($"{file}: holds null");
            return manifest.Checked(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new DatasetException($"{file}: {error.Message}", error);
        }
    }

    /// <summary>Begins a folder, or goes on with one that was made the same way.</summary>
    /// <exception cref="DatasetException">What is there was made another way; the message names the difference.</exception>
    public void Begin(string folder)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, FileName);
        if (File.Exists(file))
        {
            RequireSame(Read(folder), file);
            return;
        }
        // Of its own name: machines that begin at once each put the same bytes in place.
        string aside = $"{file}.{Guid.NewGuid():N}.part";
        using (FileStream stream = File.Create(aside))
        {
            JsonSerializer.Serialize(stream, this, _indented);
            stream.Flush(flushToDisk: true);
        }
        File.Move(aside, file, overwrite: true);
    }

    private StageManifest Checked(string file)
    {
        if (Layout != CurrentLayout)
        {
            throw new DatasetException($"{file}: layout: expected {CurrentLayout}, got {Layout}");
        }
        bool isPossible = Items >= 0 && ShardItems >= 1 && Items / ShardItems < int.MaxValue;
        if (!isPossible)
        {
            throw new DatasetException($"{file}: {Items} items in shards of {ShardItems}");
        }
        return string.Equals(Fingerprint, FingerprintOf(this), StringComparison.Ordinal)
            ? this
            : throw new DatasetException($"{file}: it was changed: its fingerprint is not that of its contents");
    }

    private void RequireSame(StageManifest there, string file)
    {
        if (string.Equals(there.Fingerprint, Fingerprint, StringComparison.Ordinal))
        {
            return;
        }
        JsonObject before = JsonSerializer.SerializeToNode(there, ShardJson.Options)!.AsObject();
        JsonObject now = JsonSerializer.SerializeToNode(this, ShardJson.Options)!.AsObject();
        string key = now.First(field => !JsonNode.DeepEquals(field.Value, before[field.Key])).Key;
        throw new DatasetException(
            $"{file}: {key}: the shards here were made with {before[key]?.ToJsonString()}, now it is "
                + $"{now[key]?.ToJsonString()}; take another folder"
        );
    }

    private static string FingerprintOf(StageManifest manifest) =>
        Convert.ToHexStringLower(
            SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(manifest with { Fingerprint = "" }, ShardJson.Options))
        );
}
