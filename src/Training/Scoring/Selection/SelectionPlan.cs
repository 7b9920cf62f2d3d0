using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Scoring.Selection;

/// <summary>
/// Decides which pairs are kept: rules, then the best of each picture, then a draw. A function of scores, rules and seed: it does not
/// matter in which order the pairs come.
/// </summary>
/// <param name="rules">Checked.</param>
/// <param name="seed">Of the draw.</param>
internal sealed class SelectionPlan(SelectionRules rules, long seed)
{
    /// <summary>Decides.</summary>
    /// <param name="records">Scored pairs; those with a rejection stay rejected.</param>
    /// <returns>Why each pair is left out; null for those that are kept.</returns>
    public IReadOnlyList<RejectionNote?> Decide(IReadOnlyList<ShardRecord> records)
    {
        var reasons = new RejectionNote?[records.Count];
        for (int i = 0; i < reasons.Length; i++)
        {
            reasons[i] = records[i].Rejection;
        }
        var table = new ScoreTable([.. records.Select(Scored)], rules.RankWithinKind);
        foreach (int i in Left(reasons))
        {
            reasons[i] = Broken(table, i);
        }
        if (rules.PerOrigin is { } perOrigin)
        {
            KeepBest(records, table, perOrigin, reasons);
        }
        if (rules.Draw is { } draw)
        {
            Draw(records, draw, reasons);
        }
        return reasons;
    }

    // Pairs that cannot be used must not move the ranks of the others.
    private static ShardRecord Scored(ShardRecord record) =>
        record.Rejection is null ? record : record with { Scores = new Dictionary<string, double>() };

    private static IEnumerable<int> Left(RejectionNote?[] reasons) =>
        Enumerable.Range(0, reasons.Length).Where(i => reasons[i] is null);

    private RejectionNote? Broken(ScoreTable table, int index)
    {
        string? first = null;
        var details = new List<string>();
        foreach (ScoreRule rule in rules.Rules)
        {
            double? value = rule.Ranked ? table.Rank(rule.Score, index) : table.Value(rule.Score, index);
            string name = rule.Ranked ? $"rank of {rule.Score}" : rule.Score;
            if (value is null && !rule.PassMissing)
            {
                first ??= $"no {rule.Score}";
                details.Add($"no {rule.Score}");
            }
            else if (value < rule.AtLeast)
            {
                first ??= $"{name} below {Text(rule.AtLeast)}";
                details.Add($"{name} {Text(value)} < {Text(rule.AtLeast)}");
            }
            else if (value > rule.AtMost)
            {
                first ??= $"{name} above {Text(rule.AtMost)}";
                details.Add($"{name} {Text(value)} > {Text(rule.AtMost)}");
            }
        }
        return first is null ? null : ScoreNotes.Of(first, string.Join("; ", details));
    }

    private static void KeepBest(
        IReadOnlyList<ShardRecord> records,
        ScoreTable table,
        OriginRule rule,
        RejectionNote?[] reasons
    )
    {
        IEnumerable<IGrouping<string, int>> origins = Left(reasons)
            .Where(i => records[i].Origin is not null)
            .GroupBy(i => records[i].Origin!.Id, StringComparer.Ordinal)
            .ToArray();
        foreach (IGrouping<string, int> origin in origins)
        {
            IEnumerable<int> rest = origin
                .OrderByDescending(i => table.Value(rule.Best, i) ?? double.NegativeInfinity)
                .ThenBy(i => records[i].Id, StringComparer.Ordinal)
                .Skip(rule.Most);
            foreach (int i in rest)
            {
                string detail = $"{rule.Best} {Text(table.Value(rule.Best, i))}, of {origin.Key}";
                reasons[i] = ScoreNotes.Of($"more than {rule.Most} of one picture", detail);
            }
        }
    }

    // Without replacement, each time with chances in proportion to the weights: those of the largest ln(w) − ln(−ln(u)) are such a draw
    // (Efraimidis and Spirakis 2006, as logarithms).
    private void Draw(IReadOnlyList<ShardRecord> records, DrawRule draw, RejectionNote?[] reasons)
    {
        int[] left = [.. Left(reasons)];
        var table = new ScoreTable([.. left.Select(i => records[i])], rules.RankWithinKind);
        int wanted = draw.Count ?? (int)Math.Ceiling(draw.Share!.Value * left.Length);
        var keys = new List<(int Pair, double Rank, double Key)>();
        for (int i = 0; i < left.Length; i++)
        {
            double rank = MeanRank(table, draw, i);
            double chance = UniformOf(records[left[i]].Id);
            keys.Add((left[i], rank, (draw.Strength * Math.Log(rank)) - Math.Log(-Math.Log(chance))));
        }
        IEnumerable<(int Pair, double Rank, double Key)> rest = keys.OrderByDescending(entry => entry.Key)
            .ThenBy(entry => records[entry.Pair].Id, StringComparer.Ordinal)
            .Skip(wanted);
        foreach ((int pair, double rank, _) in rest)
        {
            reasons[pair] = ScoreNotes.Of("not drawn", $"mean rank {Text(rank)}");
        }
    }

    // A score that is missing counts as the middle: nothing is known.
    private static double MeanRank(ScoreTable table, DrawRule draw, int index)
    {
        double sum = draw.By.Sum(score => score.Value * (table.Rank(score.Key, index) ?? 0.5));
        return sum / draw.By.Values.Sum();
    }

    // In (0, 1), of the seed and the pair's name alone.
    private double UniformOf(string id)
    {
        long name = BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
        var random = new CounterRandom(seed, RandomPurpose.Selection, name);
        return random.NextDouble(double.Epsilon, 1);
    }

    private static string Text(double? value) =>
        value is { } number ? number.ToString("0.####", CultureInfo.InvariantCulture) : "none";
}
