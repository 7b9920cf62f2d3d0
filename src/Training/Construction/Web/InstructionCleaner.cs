using System.Net;
using System.Text;

namespace InstructDiffusion.Training.Construction.Web;

/// <summary>
/// From a title to an instruction, step by step: entities decoded; control characters and repeated spaces gone;
/// tags in brackets and amounts of money in brackets gone; greetings and "can someone …" gone from the beginning, thanks from the
/// end; the question mark of a request gone; the first letter upper-case. What is left must be of a plausible length, without links.
/// </summary>
/// <param name="rules">The phrases.</param>
internal sealed class InstructionCleaner(InstructionRules rules)
{
    private const int LongestTitle = 4000;
    private const int MostSteps = 32;

    private static readonly char[] _around = [' ', ',', ';', ':', '-', '–', '—', '|', '~', '*', '"', '\'', '“', '”'];

    // The longest phrase first: "hi all" before "hi".
    private readonly string[] _openings = [.. rules.Openings.OrderByDescending(phrase => phrase.Length)];
    private readonly string[] _closings = [.. rules.Closings.OrderByDescending(phrase => phrase.Length)];

    private readonly HashSet<string> _tags = new(rules.Tags, StringComparer.OrdinalIgnoreCase);

    /// <summary>The instruction; null, with why, where there is none.</summary>
    /// <param name="title">As it was written.</param>
    /// <param name="problem">Why there is none.</param>
    public string? Clean(string title, out string problem)
    {
        if (title.Length > LongestTitle)
        {
            problem = "a title that is too long";
            return null;
        }
        string text = WithoutTags(Spaced(WebUtility.HtmlDecode(title)));
        bool wasAsked = false;
        for (int step = 0; step < MostSteps; step++)
        {
            string shorter = WithoutOpening(text.Trim(_around), ref wasAsked);
            shorter = WithoutClosing(shorter);
            if (shorter.Length == text.Length)
            {
                break;
            }
            text = shorter;
        }
        text = wasAsked ? text.TrimEnd('?', '!', '.', ' ') : text.TrimEnd('!', '.', ' ');
        problem =
            text.Contains("://", StringComparison.Ordinal) ? "an instruction with a link"
            : text.Length > rules.MostLetters ? "an instruction that is too long"
            : text.Count(letter => letter == ' ') + 1 < rules.LeastWords ? "an instruction of too few words"
            : !text.Any(char.IsLetter) ? "an instruction without letters"
            : "";
        return problem.Length == 0 ? char.ToUpperInvariant(text[0]) + text[1..] : null;
    }

    private string WithoutOpening(string text, ref bool wasAsked)
    {
        foreach (string phrase in _openings)
        {
            bool isThere =
                text.StartsWith(phrase, StringComparison.OrdinalIgnoreCase)
                && text.Length > phrase.Length
                && !char.IsLetterOrDigit(text[phrase.Length])
                && text[phrase.Length] is not '\'' and not '’' and not '-';
            if (isThere)
            {
                wasAsked |= phrase.Contains(' ', StringComparison.Ordinal);
                return text[phrase.Length..].TrimStart('!', '.', '?').TrimStart(_around);
            }
        }
        return text;
    }

    private string WithoutClosing(string text)
    {
        string end = text.TrimEnd('!', '.', '?', ')', ' ');
        foreach (string phrase in _closings)
        {
            int start = end.Length - phrase.Length;
            bool isThere =
                start > 0
                && end.EndsWith(phrase, StringComparison.OrdinalIgnoreCase)
                && !char.IsLetterOrDigit(end[start - 1]);
            if (isThere)
            {
                return end[..start].TrimEnd('(').TrimEnd(_around);
            }
        }
        return text;
    }

    // Brackets are not nested in titles; what looks so is left alone.
    private string WithoutTags(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; )
        {
            int close = text[i] is '[' or '(' or '{' ? text.IndexOfAny([']', ')', '}'], i) : -1;
            if (close > i && IsTag(text[(i + 1)..close].Trim()))
            {
                i = close + 1;
            }
            else
            {
                plain.Append(text[i++]);
            }
        }
        return Spaced(plain.ToString());
    }

    private bool IsTag(string inside) =>
        _tags.Contains(inside) || (inside.Length is > 1 and <= 30 && inside.Any(letter => letter is '$' or '€' or '£'));

    private static string Spaced(string text)
    {
        var plain = new StringBuilder(text.Length);
        // Half a letter, as JSON's \ud800 is one, becomes the replacement character.
        foreach (char letter in string.Concat(text.EnumerateRunes()))
        {
            bool isSpace = char.IsWhiteSpace(letter) || char.IsControl(letter);
            if (!isSpace)
            {
                plain.Append(letter);
            }
            else if (plain.Length > 0 && plain[^1] != ' ')
            {
                plain.Append(' ');
            }
        }
        return plain.ToString().TrimEnd();
    }
}
