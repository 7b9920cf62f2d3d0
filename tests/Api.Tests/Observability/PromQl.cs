using System.Text.RegularExpressions;

namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>What an expression of Prometheus names. Not a parser of the language: `promtool check rules` is one.</summary>
internal static partial class PromQl
{
    private static readonly HashSet<string> Words =
    [
        .. "and or unless by without ignoring on group_left group_right offset bool".Split(' '),
        .. "sum min max avg count stddev stdvar topk bottomk quantile group count_values inf nan".Split(' '),
    ];

    /// <summary>The metrics and recorded rules.</summary>
    public static IEnumerable<string> Names(string expression)
    {
        string bare = Braces().Replace(Text().Replace(expression, "\"\""), " ");
        bare = Grouping().Replace(Brackets().Replace(bare, " "), " ");
        return Name().Matches(bare).Select(match => match.Value).Where(name => !Words.Contains(name)).Distinct();
    }

    /// <summary>What is asked of labels: the metric, the label, and the values that would do.</summary>
    public static IEnumerable<(string Metric, string Label, string[] Values)> Matchers(string expression) =>
        from selector in Selector().Matches(expression)
        from matcher in Matcher().Matches(selector.Groups["matchers"].Value)
        select (
            selector.Groups["name"].Value,
            matcher.Groups["label"].Value,
            matcher.Groups["op"].Value.EndsWith('~')
                ? matcher.Groups["value"].Value.Split('|')
                : [matcher.Groups["value"].Value]
        );

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"\b(by|without|ignoring|on|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex Grouping();

    // A name that is not a function's.
    [GeneratedRegex(@"(?<![\w:.$])[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")]
    private static partial Regex Name();

    [GeneratedRegex(@"(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\{(?<matchers>[^}]*)\}")]
    private static partial Regex Selector();

    [GeneratedRegex("(?<label>\\w+)\\s*(?<op>=~|!~|!=|=)\\s*\"(?<value>[^\"]*)\"")]
    private static partial Regex Matcher();
}
