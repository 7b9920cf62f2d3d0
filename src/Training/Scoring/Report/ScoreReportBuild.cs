using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Scoring.Selection;

namespace InstructDiffusion.Training.Scoring.Report;

/// <summary>Makes the report of scores, and of a selection where one was made.</summary>
/// <param name="scored">The pairs.</param>
/// <param name="examples">Best and worst pairs shown of each score.</param>
internal sealed class ScoreReportBuild(ScoredPairs scored, int examples)
{
    private const int LongestInstruction = 300;
    private const string Gap = "_gap";

    private static readonly double[] _parts = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];

    /// <summary>Builds it.</summary>
    /// <param name="selection">Folder of a selection of these pairs; null for none.</param>
    /// <exception cref="DatasetException">The selection is another one's, or not finished.</exception>
    public ScoreReport Build(string? selection)
    {
        StageManifest? selected = selection is null ? null : StageManifest.Read(selection);
        IReadOnlyList<ShardRecord> records = selection is null ? scored.Records : Selected(selection, selected!);
        var table = new ScoreTable(scored.Records, withinKind: false);
        return new ScoreReport
        {
            Scores = scored.Manifest.Fingerprint,
            Selection = selected?.Fingerprint,
            Models = scored.Manifest.Models,
            Kinds =
            [
                .. records
                    .GroupBy(record => record.Kind, StringComparer.Ordinal)
                    .OrderBy(kind => kind.Key, StringComparer.Ordinal)
                    .Select(kind => new KindCount(kind.Key, kind.Count(), kind.Count(r => r.Rejection is null))),
            ],
            Reasons =
            [
                .. records
                    .Where(record => record.Rejection is not null)
                    .GroupBy(record => record.Rejection!.Reason, StringComparer.Ordinal)
                    .Select(reason => new ReasonCount(reason.Key, reason.Count()))
                    .OrderByDescending(reason => reason.Pairs)
                    .ThenBy(reason => reason.Reason, StringComparer.Ordinal),
            ],
            Figures = [.. table.Names().Select(name => FiguresOf(name, table, records)).OfType<ScoreFigures>()],
        };
    }

    private List<ShardRecord> Selected(string folder, StageManifest manifest)
    {
        bool isOfThese =
            string.Equals(manifest.Stage, SelectStage.Name, StringComparison.Ordinal)
            && string.Equals(
                manifest.Inputs.GetValueOrDefault("scores"),
                scored.Manifest.Fingerprint,
                StringComparison.Ordinal
            );
        if (!isOfThese)
        {
            throw new DatasetException($"{folder}: holds no selection by these scores");
        }
        var records = new List<ShardRecord>(scored.Records.Count);
        for (int shard = 0; shard < manifest.Shards; shard++)
        {
            var file = new ShardFile(folder, shard);
            if (!file.IsComplete)
            {
                throw new DatasetException($"{file.Samples}: not there: stage {manifest.Stage} has not finished");
            }
            records.AddRange(ShardRecords.Read(file));
        }
        return records.Count == scored.Records.Count
            ? records
            : throw new DatasetException($"{folder}: {records.Count} records of {scored.Records.Count} pairs");
    }

    private ScoreFigures? FiguresOf(string name, ScoreTable table, IReadOnlyList<ShardRecord> records)
    {
        (int Index, double Value)[] ascending =
        [
            .. Enumerable
                .Range(0, records.Count)
                .Where(i => scored.Records[i].Rejection is null)
                .Select(i => (Index: i, Value: table.Value(name, i)))
                .Where(entry => entry.Value is { } value && double.IsFinite(value))
                .Select(entry => (entry.Index, entry.Value!.Value))
                .OrderBy(entry => entry.Value)
                .ThenBy(entry => records[entry.Index].Id, StringComparer.Ordinal),
        ];
        if (ascending.Length == 0)
        {
            return null;
        }
        double[] values = [.. ascending.Select(entry => entry.Value)];
        double[] kept =
        [
            .. ascending.Where(entry => records[entry.Index].Rejection is null).Select(entry => entry.Value),
        ];
        IEnumerable<ExamplePair> shown = ascending.Select(entry => Example(records[entry.Index], entry));
        ExamplePair[] low = [.. shown.Take(examples)];
        ExamplePair[] high = [.. shown.TakeLast(examples).Reverse()];
        bool isGap = name.EndsWith(Gap, StringComparison.Ordinal);
        return new ScoreFigures(
            name,
            values.Length,
            values.Average(),
            kept.Length > 0 ? kept.Average() : null,
            [.. _parts.Select(part => ScoreHistogram.Quantile(values, part))],
            ScoreHistogram.Of(values, kept),
            isGap ? low : high,
            isGap ? high : low
        );
    }

    private static ExamplePair Example(ShardRecord record, (int Index, double Value) entry)
    {
        string instruction = record.Instructions.Count > 0 ? record.Instructions[0] : "";
        return new ExamplePair(
            record.Id,
            entry.Value,
            instruction[..Math.Min(instruction.Length, LongestInstruction)],
            record.Rejection?.Reason
        )
        {
            Index = entry.Index,
        };
    }
}
