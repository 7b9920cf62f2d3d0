using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Scoring.Pairs;

namespace InstructDiffusion.Training.Scoring.Selection;

/// <summary>Which pairs are kept: a file of JSON, snake_case, in which nothing unknown may stand.</summary>
/// <remarks>
/// The paper drops a pair whose picture after scores low, or whose pictures score far apart, and gives no numbers (specification
/// 5.2); all of them are here for the user to say.
/// </remarks>
internal sealed record SelectionRules
{
    private const double MostStrength = 20;

    /// <summary>What must hold; the first one that does not is a pair's reason.</summary>
    public IReadOnlyList<ScoreRule> Rules { get; init; } = [];

    /// <summary>Most pairs made of one picture before; null for any number.</summary>
    public OriginRule? PerOrigin { get; init; }

    /// <summary>Draws some of those that pass; null to keep them all.</summary>
    public DrawRule? Draw { get; init; }

    /// <summary>
    /// Whether ranks are within each kind of pair. Otherwise a kind whose scores are lower by nature is hardly kept.
    /// </summary>
    public bool RankWithinKind { get; init; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ScoringException">It is not there, or says what cannot be.</exception>
    public static SelectionRules Read(string path)
    {
        try
        {
            SelectionRules rules = JsonFiles.Read<SelectionRules>(path);
            rules.Check();
            return rules;
        }
        catch (InvalidDataException error)
        {
            throw new ScoringException(error.Message, error);
        }
        catch (ScoringException error)
        {
            throw new ScoringException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Throws where something cannot be.</summary>
    /// <exception cref="ScoringException">Says what.</exception>
    public void Check()
    {
        foreach (ScoreRule rule in Rules)
        {
            rule.Check();
        }
        if (PerOrigin is { Most: < 1 })
        {
            throw new ScoringException($"per_origin.most: must be at least 1, got {PerOrigin.Most}");
        }
        if (Draw is not { } draw)
        {
            return;
        }
        if (draw.Count is null == draw.Share is null)
        {
            throw new ScoringException("draw: give either count or share");
        }
        if (draw is { Count: < 0 } or { Share: not (null or (>= 0 and <= 1)) })
        {
            throw new ScoringException("draw: count must be at least 0, share between 0 and 1");
        }
        if (!(draw.Strength is >= 0 and <= MostStrength))
        {
            throw new ScoringException($"draw.strength: must be between 0 and {MostStrength}, got {draw.Strength}");
        }
        if (draw.By.Count == 0 || draw.By.Values.Any(weight => !(weight > 0 && double.IsFinite(weight))))
        {
            throw new ScoringException("draw.by: needs at least one score, and weights above 0");
        }
    }
}

/// <summary>A bound of a score.</summary>
/// <param name="Score">
/// Its name in the records; <c>X_gap</c> is how far apart <c>X_source</c> and <c>X_target</c> are, either way.
/// </param>
internal sealed record ScoreRule(string Score)
{
    /// <summary>Least value that passes; null for none.</summary>
    public double? AtLeast { get; init; }

    /// <summary>Largest value that passes; null for none.</summary>
    public double? AtMost { get; init; }

    /// <summary>
    /// Whether the bounds are of the score's rank, 0 (worst) to 1 (best), and not of its value. Those of the pictures before and
    /// after are ranked together, so that a gap of ranks means something.
    /// </summary>
    public bool Ranked { get; init; }

    /// <summary>Whether a pair without this score passes.</summary>
    public bool PassMissing { get; init; }

    /// <summary>Throws where the bounds cannot be met, or are none.</summary>
    /// <exception cref="ScoringException">Says why.</exception>
    public void Check()
    {
        bool isBound = AtLeast is not null || AtMost is not null;
        bool canHold = !(AtLeast > AtMost) && !double.IsNaN(AtLeast ?? 0) && !double.IsNaN(AtMost ?? 0);
        if (string.IsNullOrWhiteSpace(Score) || !isBound || !canHold)
        {
            throw new ScoringException(
                $"rules: '{Score}': needs at_least or at_most, not above one another; got {AtLeast} and {AtMost}"
            );
        }
        if (Ranked && (AtLeast is < 0 or > 1 || AtMost is < 0 or > 1))
        {
            throw new ScoringException($"rules: '{Score}': ranks lie between 0 and 1, got {AtLeast} and {AtMost}");
        }
    }
}

/// <summary>A bound of how many pairs are made of one picture.</summary>
/// <param name="Most">At least 1.</param>
/// <param name="Best">The score by which they are preferred, e.g. <see cref="PairMeasures.Direction"/>.</param>
internal sealed record OriginRule(int Most, string Best);

/// <summary>How some of the pairs that pass are drawn.</summary>
internal sealed record DrawRule
{
    /// <summary>How many; all where fewer pass.</summary>
    public int? Count { get; init; }

    /// <summary>Which part of those that pass, 0…1, rounded up.</summary>
    public double? Share { get; init; }

    /// <summary>Scores whose ranks among those that pass are averaged, with their weights.</summary>
    public IReadOnlyDictionary<string, double> By { get; init; } =
        new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>
    /// A pair's chance grows with this power of its mean rank: 0 draws all alike, 1 in proportion to the rank; the larger, the surer
    /// the best are drawn.
    /// </summary>
    public double Strength { get; init; } = 1;
}
