using System.Collections.Concurrent;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>The samples that a stage kept, for the stage after it. Any number of threads may read.</summary>
internal sealed class ShardSet
{
    private readonly ConcurrentDictionary<int, Dictionary<string, FileSpan>> _members = new();
    private readonly SamplePictures _pictures = new();
    private readonly List<(int Shard, ShardRecord Record)> _kept = [];

    private ShardSet(string folder, StageManifest manifest) => (Folder, Manifest) = (folder, manifest);

    /// <summary>Where the shards are.</summary>
    public string Folder { get; }

    /// <summary>What they were made with; its fingerprint stands for their bytes.</summary>
    public StageManifest Manifest { get; }

    /// <summary>Samples kept.</summary>
    public int Count => _kept.Count;

    /// <summary>Their records, in their order.</summary>
    public IEnumerable<ShardRecord> Records => _kept.Select(sample => sample.Record);

    /// <summary>The record of a sample.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    public ShardRecord this[int index] => _kept[index].Record;

    /// <summary>Opens a folder whose shards are all there; what they hold is a stage's only then.</summary>
    /// <exception cref="DatasetException">One is missing or damaged.</exception>
    public static ShardSet Open(string folder)
    {
        StageManifest manifest = StageManifest.Read(folder);
        var set = new ShardSet(folder, manifest);
        for (int shard = 0; shard < manifest.Shards; shard++)
        {
            var file = new ShardFile(folder, shard);
            if (!file.IsComplete)
            {
                throw new DatasetException($"{file.Samples}: not there: stage {manifest.Stage} has not finished");
            }
            set._kept.AddRange(
                ShardRecords.Read(file).Where(record => record.Rejection is null).Select(record => (shard, record))
            );
        }
        return set;
    }

    /// <summary>Whether a sample has a file.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <param name="ending">E.g. <see cref="ShardMember.Mask"/>.</param>
    /// <exception cref="BrokenSampleException">The shard is damaged.</exception>
    public bool Has(int index, string ending)
    {
        (int shard, ShardRecord record) = _kept[index];
        return MembersOf(new ShardFile(Folder, shard)).ContainsKey($"{record.Id}.{ending}");
    }

    /// <summary>A file of a sample.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <param name="ending">E.g. <see cref="ShardMember.Source"/>.</param>
    /// <exception cref="BrokenSampleException">It is missing or damaged.</exception>
    public byte[] Read(int index, string ending)
    {
        (int shard, ShardRecord record) = _kept[index];
        string name = $"{record.Id}.{ending}";
        var file = new ShardFile(Folder, shard);
        return MembersOf(file).TryGetValue(name, out FileSpan member) && member.Length <= SamplePictures.Limits.MaxBytes
            ? member.Read(file.Samples)
            : throw new BrokenSampleException($"{file.Samples}: {name}: not there, or too large");
    }

    /// <summary>A picture of a sample.</summary>
    /// <param name="index">0…<see cref="Count"/> − 1.</param>
    /// <param name="ending">E.g. <see cref="ShardMember.Source"/>.</param>
    /// <exception cref="BrokenSampleException">It is missing or damaged.</exception>
    public RgbImage ReadPicture(int index, string ending) =>
        _pictures.Decode(Read(index, ending), $"{_kept[index].Record.Id}.{ending}");

    private Dictionary<string, FileSpan> MembersOf(ShardFile file) =>
        _members.GetOrAdd(
            file.Number,
            _ =>
            {
                var members = new Dictionary<string, FileSpan>(StringComparer.Ordinal);
                var log = new RejectionLog();
                TarMembers.Read(file.Samples, log, (name, span) => members[name] = span);
                return log.RejectedCount == 0
                    ? members
                    : throw new BrokenSampleException($"{file.Samples}: {log.Rejected.First().Reason}");
            }
        );
}
