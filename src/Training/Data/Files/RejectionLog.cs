namespace InstructDiffusion.Training.Data.Files;

/// <summary>What of a data set is left out when it is opened: counted by reason, with a few examples. Not thread-safe.</summary>
public sealed class RejectionLog
{
    private const int ExamplesKept = 3;

    // What a hostile file puts into its names must not fill the memory or the console.
    private const int LongestExample = 200;
    private const int MostReasons = 100;

    private readonly Dictionary<string, Rejection> _rejected = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Rejection> _leftOut = new(StringComparer.Ordinal);

    /// <summary>What is malformed, missing or absurd.</summary>
    public IReadOnlyCollection<Rejection> Rejected => _rejected.Values;

    /// <summary>What the set's own rules leave out, e.g. crowds.</summary>
    public IReadOnlyCollection<Rejection> LeftOut => _leftOut.Values;

    /// <summary>Entries rejected, in all.</summary>
    public long RejectedCount => _rejected.Values.Sum(rejection => rejection.Count);

    /// <summary>Notes an entry that cannot be used.</summary>
    /// <param name="reason">Why, without the entry's own values, so that equal reasons are counted together.</param>
    /// <param name="entry">Which one, and the value.</param>
    public void Reject(string reason, string entry) => Note(_rejected, reason, entry);

    /// <summary>Notes an entry that the set's rules leave out.</summary>
    public void LeaveOut(string reason, string entry) => Note(_leftOut, reason, entry);

    private static void Note(Dictionary<string, Rejection> log, string reason, string entry)
    {
        string key = log.Count < MostReasons || log.ContainsKey(reason) ? reason : "other reasons";
        if (!log.TryGetValue(key, out Rejection? rejection))
        {
            log.Add(key, rejection = new Rejection(key));
        }
        rejection.Count++;
        if (rejection.ExampleList.Count < ExamplesKept)
        {
            rejection.ExampleList.Add(PlainText.Of(entry[..Math.Min(entry.Length, LongestExample)]));
        }
    }
}

/// <summary>Entries left out for one reason.</summary>
/// <param name="Reason">Why.</param>
public sealed record Rejection(string Reason)
{
    /// <summary>How many.</summary>
    public long Count { get; internal set; }

    /// <summary>The first few.</summary>
    public IReadOnlyList<string> Examples => ExampleList;

    internal List<string> ExampleList { get; } = [];
}
