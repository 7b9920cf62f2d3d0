using System.Text.Json;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Scoring.Selection;

/// <summary>
/// Writes those pairs that are selected, with their pictures, as shards that training reads; and of the others why not. An item is a
/// pair.
/// </summary>
internal sealed class SelectStage : IShardStage
{
    /// <summary>The stage's name.</summary>
    public const string Name = "selection";

    private readonly ScoredPairs _scored;
    private readonly IReadOnlyList<RejectionNote?> _reasons;

    /// <param name="scored">The pairs.</param>
    /// <param name="rules">Checked.</param>
    /// <param name="seed">Of the draw.</param>
    public SelectStage(ScoredPairs scored, SelectionRules rules, long seed)
    {
        _scored = scored;
        _reasons = new SelectionPlan(rules, seed).Decide(scored.Records);
        Identity = new StageIdentity(
            Name,
            Version: 1,
            seed,
            JsonSerializer.SerializeToNode(rules, JsonFiles.Strict)!.AsObject(),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["scores"] = scored.Manifest.Fingerprint }
        );
    }

    /// <inheritdoc/>
    public StageIdentity Identity { get; }

    /// <inheritdoc/>
    public long Count => _scored.Records.Count;

    /// <inheritdoc/>
    public ShardRecord Describe(long item)
    {
        ShardRecord record = _scored.Records[(int)item];
        return ScoreNotes.Fitting(
            record with
            {
                Stages = [.. record.Stages, Identity.Note],
                Rejection = _reasons[(int)item],
            }
        );
    }

    /// <inheritdoc/>
    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        ShardRecord record = Describe(item);
        return record.Rejection is null
            ? [new ShardSample(record, _scored.Pairs.Members((int)item))]
            : [new ShardSample(record)];
    }
}
