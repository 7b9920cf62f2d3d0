using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Scoring.Pairs;

namespace InstructDiffusion.Training.Scoring.Selection;

/// <summary>Pairs and the records that <see cref="ScoreStage"/> has made of them, rejected ones too, in the order of the pairs.</summary>
internal sealed class ScoredPairs
{
    private ScoredPairs(PairSets pairs, IReadOnlyList<ShardRecord> records, StageManifest manifest) =>
        (Pairs, Records, Manifest) = (pairs, records, manifest);

    /// <summary>Where the pictures are.</summary>
    public PairSets Pairs { get; }

    /// <summary>One of each pair.</summary>
    public IReadOnlyList<ShardRecord> Records { get; }

    /// <summary>Of the scores.</summary>
    public StageManifest Manifest { get; }

    /// <summary>Reads the scores of pairs.</summary>
    /// <param name="pairs">The folders that were scored, in the same order.</param>
    /// <param name="scores">The folder of the scores.</param>
    /// <exception cref="DatasetException">The scores are not finished, damaged, or those of other pairs.</exception>
    public static ScoredPairs Open(IReadOnlyList<string> pairs, string scores)
    {
        StageManifest manifest = StageManifest.Read(scores);
        if (!string.Equals(manifest.Stage, ScoreStage.Name, StringComparison.Ordinal))
        {
            throw new DatasetException($"{scores}: holds what stage '{manifest.Stage}' made, not scores");
        }
        PairSets sets = PairSets.Open(pairs);
        bool isOfThese = sets.Inputs.OrderBy(input => input.Key, StringComparer.Ordinal).SequenceEqual(manifest.Inputs);
        if (!isOfThese)
        {
            throw new DatasetException(
                $"{scores}: holds the scores of other pairs than {string.Join(", ", pairs)} as they are now, in this order"
            );
        }
        var records = new List<ShardRecord>(sets.Count);
        for (int shard = 0; shard < manifest.Shards; shard++)
        {
            var file = new ShardFile(scores, shard);
            if (!file.IsComplete)
            {
                throw new DatasetException($"{file.Samples}: not there: stage {manifest.Stage} has not finished");
            }
            records.AddRange(ShardRecords.Read(file));
        }
        bool fits =
            records.Count == sets.Count
            && records
                .Index()
                .All(entry => string.Equals(entry.Item.Id, sets[entry.Index].Id, StringComparison.Ordinal));
        return fits
            ? new ScoredPairs(sets, records, manifest)
            : throw new DatasetException(
                $"{scores}: {records.Count} records, which are not those of {sets.Count} pairs"
            );
    }
}
