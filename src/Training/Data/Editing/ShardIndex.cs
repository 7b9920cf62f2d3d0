using System.Text.Json;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>Finds the members of the wanted pairs in InstructPix2Pix's shards: those of <c>seeds.json</c> that the filter keeps.</summary>
internal sealed class ShardIndex
{
    private readonly RejectionLog _log;
    private readonly CancellationToken _cancellationToken;
    private readonly List<(string Name, string Seed)> _wanted = [];
    private readonly HashSet<string> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ShardMember> _found = new(StringComparer.Ordinal);

    public ShardIndex(DatasetOpening opening, string split)
    {
        _log = opening.Rejections;
        _cancellationToken = opening.CancellationToken;
        (HashSet<string>? kept, string filterHash) = ReadFilter(opening);
        (List<(string Name, string[] Seeds)> prompts, string seedsHash) = ReadSeeds(opening);
        Range part = EditingSplits.Of(prompts.Count, split);
        foreach ((string name, string[] seeds) in prompts[part])
        {
            foreach (string seed in seeds)
            {
                if (kept is null || kept.Contains($"{name}/{seed}"))
                {
                    _wanted.Add((name, seed));
                    _names.Add(name);
                }
                else
                {
                    _log.LeaveOut("pairs that the filter does not keep", $"{name}/{seed}");
                }
            }
        }
        Hash = $"{seedsHash} {filterHash}";
    }

    /// <summary>Stands for the lists.</summary>
    public string Hash { get; }

    public void AddShard(int shard, string path) =>
        ZipDirectory.Read(path, (name, member) => Add(name, new ShardMember(shard, member)), _log, _cancellationToken);

    public List<ShardPair> Finish()
    {
        var pairs = new List<ShardPair>();
        foreach ((string name, string seed) in _wanted)
        {
            if (
                _found.TryGetValue($"{name}/prompt.json", out ShardMember prompt)
                && _found.TryGetValue($"{name}/{seed}_0.jpg", out ShardMember source)
                && _found.TryGetValue($"{name}/{seed}_1.jpg", out ShardMember target)
            )
            {
                pairs.Add(new ShardPair(name, seed, prompt, source, target));
            }
            else
            {
                _log.Reject("a pair that no shard holds", $"{name}/{seed}");
            }
        }
        return pairs;
    }

    private void Add(string name, ShardMember member)
    {
        int slash = name.LastIndexOf('/');
        if (slash <= 0 || slash == name.Length - 1)
        {
            return;
        }
        // Some copies have a folder more around all of them.
        string folder = name[..slash];
        string inner = folder[(folder.LastIndexOf('/') + 1)..];
        string known = _names.Contains(folder) ? folder : inner;
        if (_names.Contains(known))
        {
            _found.TryAdd($"{known}{name[slash..]}", member);
        }
    }

    private static (HashSet<string>? Kept, string Hash) ReadFilter(DatasetOpening opening)
    {
        const string Usual = "filtered_ids_ip2p.json";
        string? file = opening.Source.Filter;
        if (string.Equals(file, "none", StringComparison.Ordinal))
        {
            return (null, "none");
        }
        file ??= Path.Combine(opening.Root.Folder, Usual);
        if (!File.Exists(file))
        {
            throw new DatasetException(
                $"{file}: not found: the ids to keep, as the authors released them; filter names another file, or none"
            );
        }
        var kept = new HashSet<string>(StringComparer.Ordinal);
        string hash = JsonStream.Read(
            file,
            null,
            (_, json) =>
            {
                if (JsonSerializer.Deserialize<JsonElement>(json) is { ValueKind: JsonValueKind.String } id)
                {
                    kept.Add(id.GetString()!);
                }
                else
                {
                    opening.Rejections.Reject("an id of the filter that is no text", file);
                }
            },
            opening.CancellationToken
        );
        return (kept, hash);
    }

    private static (List<(string Name, string[] Seeds)> Prompts, string Hash) ReadSeeds(DatasetOpening opening)
    {
        var prompts = new List<(string, string[])>();
        string hash = JsonStream.Read(
            opening.Root.Required("seeds.json"),
            null,
            (_, json) =>
            {
                JsonElement entry = JsonSerializer.Deserialize<JsonElement>(json);
                bool isPair =
                    entry.ValueKind == JsonValueKind.Array
                    && entry.GetArrayLength() == 2
                    && entry[0].ValueKind == JsonValueKind.String
                    && entry[1].ValueKind == JsonValueKind.Array;
                if (isPair)
                {
                    string[] seeds = [.. entry[1].EnumerateArray().Select(seed => seed.ToString())];
                    prompts.Add((entry[0].GetString()!, seeds));
                }
                else
                {
                    opening.Rejections.Reject("an entry of seeds.json that is no name with seeds", $"{prompts.Count}");
                }
            },
            opening.CancellationToken
        );
        return (prompts, hash);
    }
}
