using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Scoring.Pairs;

namespace InstructDiffusion.Training.Scoring.Selection;

/// <summary>The scores of some pairs by name, and their ranks among these pairs.</summary>
/// <param name="records">The pairs.</param>
/// <param name="withinKind">Rank the pairs of each kind among themselves.</param>
internal sealed class ScoreTable(IReadOnlyList<ShardRecord> records, bool withinKind)
{
    private const string Gap = "_gap";

    private readonly Dictionary<string, double?[]> _ranks = new(StringComparer.Ordinal);

    /// <summary>A score of a pair; null where it has none.</summary>
    /// <param name="name">Its name; <c>X_gap</c> is |X_target − X_source|.</param>
    /// <param name="index">Of the pair.</param>
    public double? Value(string name, int index) =>
        name.EndsWith(Gap, StringComparison.Ordinal)
            ? Difference(Raw(SourceOf(name), index), Raw(TargetOf(name), index))
            : Raw(name, index);

    /// <summary>The rank of a score, 0…1; of <c>X_gap</c> the difference of the ranks. Null where it has none.</summary>
    public double? Rank(string name, int index) =>
        name.EndsWith(Gap, StringComparison.Ordinal)
            ? Difference(Rank(SourceOf(name), index), Rank(TargetOf(name), index))
            : RanksOf(name)[index];

    /// <summary>Every name that a pair has a score of, and the gaps, in order.</summary>
    public IReadOnlyList<string> Names()
    {
        var names = new SortedSet<string>(records.SelectMany(record => record.Scores.Keys), StringComparer.Ordinal);
        string[] gaps =
        [
            .. names
                .Where(name => name.EndsWith(PairMeasures.OfTarget, StringComparison.Ordinal))
                .Select(name => name[..^PairMeasures.OfTarget.Length])
                .Where(stem => names.Contains(stem + PairMeasures.OfSource))
                .Select(stem => stem + Gap),
        ];
        names.UnionWith(gaps);
        return [.. names];
    }

    private static double? Difference(double? one, double? other) => one - other is { } gap ? Math.Abs(gap) : null;

    private static string SourceOf(string gap) => gap[..^Gap.Length] + PairMeasures.OfSource;

    private static string TargetOf(string gap) => gap[..^Gap.Length] + PairMeasures.OfTarget;

    private double? Raw(string name, int index) =>
        records[index].Scores.TryGetValue(name, out double value) ? value : null;

    private double?[] RanksOf(string name)
    {
        if (_ranks.TryGetValue(name, out double?[]? known))
        {
            return known;
        }
        // Of both pictures on one scale.
        string[] pooled = name switch
        {
            _ when StemOf(name, PairMeasures.OfSource) is { } stem => [name, stem + PairMeasures.OfTarget],
            _ when StemOf(name, PairMeasures.OfTarget) is { } stem => [name, stem + PairMeasures.OfSource],
            _ => [name],
        };
        var ranks = new double?[records.Count];
        IEnumerable<int> all = Enumerable.Range(0, records.Count);
        foreach (IGrouping<string, int> group in all.GroupBy(i => withinKind ? records[i].Kind : ""))
        {
            int[] members = [.. group];
            double?[] values = [.. pooled.SelectMany(one => members.Select(i => Raw(one, i)))];
            double?[] found = Ranks.Of(values);
            for (int i = 0; i < members.Length; i++)
            {
                ranks[members[i]] = found[i]; // the first part is the name's own
            }
        }
        return _ranks[name] = ranks;
    }

    private static string? StemOf(string name, string ending) =>
        name.EndsWith(ending, StringComparison.Ordinal) ? name[..^ending.Length] : null;
}
