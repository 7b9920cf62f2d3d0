using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Scoring.Pairs;

/// <summary>
/// Scores pairs. Its shards hold records alone, with the scores: the pictures stay where they are until pairs are selected. An item
/// is a batch of pairs.
/// </summary>
/// <param name="pairs">Which.</param>
/// <param name="models">What with.</param>
internal sealed class ScoreStage(PairSets pairs, ScoreModels models) : IShardStage
{
    /// <summary>The stage's name.</summary>
    public const string Name = "scores";

    // Decides how sums are rounded, so it is part of the stage.
    private const int BatchSize = 16;

    private readonly PairMeasures _measures = new(models);
    private readonly Lock _measuring = new();

    /// <inheritdoc/>
    public StageIdentity Identity { get; } =
        new(
            Name,
            Version: 1,
            Seed: 0,
            new JsonObject { ["batch"] = BatchSize },
            new Dictionary<string, string>(pairs.Inputs, StringComparer.Ordinal)
        )
        {
            Models = models.Notes,
        };

    /// <inheritdoc/>
    public long Count => (pairs.Count + BatchSize - 1) / BatchSize;

    /// <inheritdoc/>
    public ShardRecord Describe(long item) => Noted(pairs[(int)item * BatchSize]);

    /// <inheritdoc/>
    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        int first = (int)item * BatchSize;
        int count = Math.Min(BatchSize, pairs.Count - first);
        ShardRecord[] records = [.. Enumerable.Range(first, count).Select(i => Noted(pairs[i]))];
        var readable = new List<int>();
        var sources = new List<RgbImage>();
        var targets = new List<RgbImage>();
        for (int i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                (RgbImage source, RgbImage target) = Read(first + i);
                sources.Add(source);
                targets.Add(target);
                readable.Add(i);
            }
            catch (RejectedItemException rejected)
            {
                records[i] = records[i] with { Rejection = rejected.Note };
            }
            catch (BrokenSampleException broken)
            {
                records[i] = records[i] with { Rejection = ScoreNotes.CannotBeRead(broken) };
            }
        }
        if (readable.Count > 0)
        {
            Score(records, readable, sources, targets, cancellationToken);
        }
        return [.. records.Select(record => new ShardSample(ScoreNotes.Fitting(record)))];
    }

    private (RgbImage Source, RgbImage Target) Read(int index)
    {
        ShardRecord record = pairs[index];
        if (record.Instructions.Count == 0)
        {
            throw new RejectedItemException("no pair", $"{record.Id}: a {record.Kind} without an instruction");
        }
        return (Of(ShardMember.Source), Of(ShardMember.Target));

        RgbImage Of(string ending) => PictureShape.Require(pairs.ReadPicture(index, ending), $"{record.Id}.{ending}");
    }

    private void Score(
        ShardRecord[] records,
        List<int> readable,
        List<RgbImage> sources,
        List<RgbImage> targets,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<SortedDictionary<string, double>> scores;
        lock (_measuring)
        {
            scores = _measures.Of([.. readable.Select(i => records[i])], sources, targets, cancellationToken);
        }
        for (int i = 0; i < readable.Count; i++)
        {
            ShardRecord record = records[readable[i]];
            SortedDictionary<string, double> all = scores[i];
            string? bad = all.FirstOrDefault(score => !double.IsFinite(score.Value)).Key;
            foreach ((string name, double value) in record.Scores)
            {
                all.TryAdd(name, value); // those of earlier stages, unless they are measured anew
            }
            records[readable[i]] = bad is null
                ? record with
                {
                    Scores = all,
                }
                : record with
                {
                    Rejection = ScoreNotes.Of("a score is not finite", bad),
                };
        }
    }

    private ShardRecord Noted(ShardRecord record) => record with { Stages = [.. record.Stages, Identity.Note] };
}
