using System.Globalization;
using System.Text.Json;

namespace InstructDiffusion.Training.Data.Templates.Rewriting;

/// <summary>What a chat model is asked, and what is taken of its answers.</summary>
internal static class RewritePrompt
{
    private const int LongestPhrasing = 200;
    private const double Temperature = 1;

    // Clauses about joints are strung together.
    private const string ClauseEnd = ", ";

    /// <summary>The question of a round. Each is another one, so that a cached answer is not taken for two.</summary>
    public static ChatRequest Ask(string model, string task, IReadOnlyList<string> phrasings, int wanted, int round)
    {
        IReadOnlyList<string> placeholders = TaskTemplates.Placeholders[task];
        string kept =
            placeholders.Count == 0
                ? "They have no placeholders; use no braces."
                : $"Keep {string.Join(" and ", placeholders.Select(name => $"{{{name}}}"))} exactly as written, once in each.";
        string system =
            "You write short instructions that people would give to a program that edits pictures. "
            + "Answer with a JSON array of strings and nothing else.";
        string user = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            Here are phrasings of one instruction ({task}), as a JSON array:
            {JsonSerializer.Serialize(phrasings)}
            Write {wanted} more that ask for exactly the same in other words: vary verb, order and length, keep them plain and
            below {LongestPhrasing} characters. {kept}
            This is round {round}: repeat none of the above.
            """
        );
        return new ChatRequest(model, [new("system", system), new("user", user)], Temperature);
    }

    /// <summary>The phrasings of an answer: a JSON array somewhere in it, or a phrasing a line.</summary>
    public static IReadOnlyList<string> Read(string answer)
    {
        int from = answer.IndexOf('[', StringComparison.Ordinal);
        int to = answer.LastIndexOf(']');
        if (from >= 0 && to > from)
        {
            try
            {
                string?[] all = JsonSerializer.Deserialize<string?[]>(answer.AsSpan(from, to - from + 1)) ?? [];
                return [.. all.OfType<string>()];
            }
            catch (JsonException)
            {
                // Not one array: perhaps lines, as below.
            }
        }
        return [.. answer.Split('\n').Select(line => line.Trim().TrimStart("0123456789.-*) ").Trim('"').ToString())];
    }

    /// <summary>A phrasing as it is kept; null, with why, where it cannot be used.</summary>
    public static string? Accept(string task, string phrasing, out string problem)
    {
        bool isClause = string.Equals(task, TaskNames.Keypoints, StringComparison.Ordinal);
        string text = isClause ? phrasing.Trim().TrimEnd('.', ',', ' ') : phrasing.Trim();
        string[] used = [.. InstructionTemplates.PlaceholdersOf(text)];
        problem =
            text.Length is 0 or > LongestPhrasing ? "empty or too long"
            : text.Any(char.IsControl) ? "more than one line"
            : !used.Order(StringComparer.Ordinal)
                .SequenceEqual(TaskTemplates.Placeholders[task].Order(StringComparer.Ordinal))
                ? "other placeholders"
            : text.Count(letter => letter is '{' or '}') != 2 * used.Length ? "other braces"
            : "";
        return problem.Length > 0 ? null
            : isClause ? text + ClauseEnd
            : text;
    }
}
