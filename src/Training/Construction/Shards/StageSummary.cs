using System.Globalization;
using System.Text;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>What the shards of a folder hold.</summary>
/// <param name="Stage">Name of the stage.</param>
/// <param name="Shards">How many there are to be.</param>
/// <param name="Complete">How many of them are there.</param>
/// <param name="Kept">Samples by their kind.</param>
/// <param name="Rejected">Records of what was left out, by reason.</param>
internal sealed record StageSummary(
    string Stage,
    int Shards,
    int Complete,
    IReadOnlyDictionary<string, long> Kept,
    IReadOnlyDictionary<string, long> Rejected
)
{
    private const int MostReasons = 100;

    /// <summary>Counts a folder's records.</summary>
    /// <exception cref="Data.DatasetException">No stage has worked there, or a record is damaged.</exception>
    public static StageSummary Of(string folder)
    {
        StageManifest manifest = StageManifest.Read(folder);
        var kept = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var rejected = new SortedDictionary<string, long>(StringComparer.Ordinal);
        int complete = 0;
        for (int shard = 0; shard < manifest.Shards; shard++)
        {
            var file = new ShardFile(folder, shard);
            if (!file.IsComplete)
            {
                continue;
            }
            complete++;
            foreach (ShardRecord record in ShardRecords.Read(file))
            {
                if (record.Rejection is { } rejection)
                {
                    bool isListed = rejected.Count < MostReasons || rejected.ContainsKey(rejection.Reason);
                    Count(rejected, isListed ? rejection.Reason : "other reasons");
                }
                else
                {
                    Count(kept, record.Kind);
                }
            }
        }
        return new StageSummary(manifest.Stage, manifest.Shards, complete, kept, rejected);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        CultureInfo plain = CultureInfo.InvariantCulture;
        text.AppendLine(plain, $"{Stage}: {Complete} of {Shards} shards");
        foreach ((string kind, long count) in Kept)
        {
            text.AppendLine(plain, $"  {count, 9:N0}  {kind}");
        }
        foreach ((string reason, long count) in Rejected)
        {
            text.AppendLine(plain, $"  {count, 9:N0}  rejected: {reason}");
        }
        return text.ToString();
    }

    private static void Count(SortedDictionary<string, long> counts, string name) =>
        counts[name] = counts.GetValueOrDefault(name) + 1;
}
