using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Training.Data.Templates;

namespace InstructDiffusion.Training.Construction;

/// <summary>Words instructions: every phrasing of a task, filled; the loader draws one of them at each visit.</summary>
internal sealed class Wording
{
    private static readonly string[] _determiners =
    [
        "a",
        "an",
        "the",
        "some",
        "many",
        "several",
        "few",
        "two",
        "three",
        "four",
        "five",
        "both",
        "all",
        "another",
        "other",
        "his",
        "her",
        "their",
        "its",
        "this",
        "that",
        "these",
        "those",
    ];

    private static readonly string[] _plurals =
    [
        "people",
        "men",
        "women",
        "children",
        "feet",
        "teeth",
        "mice",
        "geese",
        "sheep",
    ];
    private static readonly string[] _singularEndings = ["ss", "us", "is", "as"];

    // What follows says where the thing is, in a picture that it is taken from.
    private static readonly string[] _relations =
    [
        "on",
        "in",
        "at",
        "of",
        "near",
        "behind",
        "under",
        "above",
        "below",
        "beside",
        "next",
        "with",
        "by",
        "from",
        "to",
    ];

    private static readonly string[] _sides =
    [
        "left",
        "right",
        "top",
        "bottom",
        "upper",
        "lower",
        "leftmost",
        "rightmost",
        "middle",
    ];

    private readonly InstructionTemplates _templates;

    /// <param name="task">One of <see cref="TaskTemplates.Placeholders"/>.</param>
    /// <param name="folder">The user's own phrasings; null for the program's.</param>
    /// <exception cref="Data.DatasetException">They are missing or malformed.</exception>
    public Wording(string task, string? folder) => _templates = TaskTemplates.Load(task, folder);

    /// <summary>Stands for the phrasings.</summary>
    public string Fingerprint =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(_templates.Train))));

    /// <summary>All phrasings to train on, filled.</summary>
    public IReadOnlyList<string> Fill(IReadOnlyDictionary<string, string> values) => _templates.FillAll(values);

    /// <summary>A phrase without its own article, behind "the".</summary>
    public static string Definite(string phrase) =>
        FirstWord(phrase) is "a" or "an" or "the"
            ? phrase[(phrase.IndexOf(' ', StringComparison.Ordinal) + 1)..]
            : phrase;

    /// <summary>A phrase as something new: with "a", "an" or "some", unless it has a word of that kind.</summary>
    /// <param name="phrase">E.g. <c>red apple on the left</c>.</param>
    /// <param name="noun">Its noun, which says whether there are several; null for the phrase's last word.</param>
    public static string Indefinite(string phrase, string? noun)
    {
        string first = FirstWord(phrase);
        if (string.Equals(first, "the", StringComparison.OrdinalIgnoreCase))
        {
            return Indefinite(Definite(phrase), noun);
        }
        if (_determiners.Contains(first, StringComparer.OrdinalIgnoreCase) || char.IsAsciiDigit(phrase[0]))
        {
            return phrase;
        }
        string counted = (noun ?? phrase).Split(' ')[^1].ToLowerInvariant();
        bool isPlural =
            _plurals.Contains(counted, StringComparer.Ordinal)
            || (counted.EndsWith('s') && !_singularEndings.Any(end => counted.EndsWith(end, StringComparison.Ordinal)));
        bool isVowel = "aeiou".Contains(char.ToLowerInvariant(phrase[0]), StringComparison.Ordinal);
        return (
                isPlural ? "some "
                : isVowel ? "an "
                : "a "
            ) + phrase;
    }

    /// <summary>
    /// A phrase that says behind its noun where the thing is, as one says of what is not there yet: <c>upper pumpkin</c> is a
    /// <c>pumpkin at the top</c>.
    /// </summary>
    public static string Placed(string phrase)
    {
        string[] words = Definite(phrase).Split(' ');
        string? place = words[0].ToLowerInvariant() switch
        {
            "left" or "leftmost" => "on the left",
            "right" or "rightmost" => "on the right",
            "top" or "upper" => "at the top",
            "bottom" or "lower" => "at the bottom",
            _ => null,
        };
        bool hasOther = words.Skip(1).Any(word => _relations.Contains(word, StringComparer.OrdinalIgnoreCase));
        return place is null || hasOther || words.Length == 1 ? phrase : $"{string.Join(' ', words[1..])} {place}";
    }

    /// <summary>A phrase without words for a place: <c>left red apple on the table</c> is a <c>red apple</c> anywhere else.</summary>
    public static string Bare(string phrase)
    {
        string[] words = Definite(phrase).Split(' ');
        string[] bare =
        [
            .. words
                .TakeWhile((word, i) => i == 0 || !_relations.Contains(word, StringComparer.OrdinalIgnoreCase))
                .Where(word => !_sides.Contains(word, StringComparer.OrdinalIgnoreCase)),
        ];
        return bare.Length > 0 ? string.Join(' ', bare) : phrase;
    }

    private static string FirstWord(string phrase) =>
        phrase.Split(' ', 2) is [var first, _] ? first.ToLowerInvariant() : "";
}
