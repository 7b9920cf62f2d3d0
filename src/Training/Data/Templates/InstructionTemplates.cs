using System.Text.RegularExpressions;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Templates;

/// <summary>
/// The phrasings of one kind of task, from a JSON file that a user may extend: <c>{"train": […], "held_out": […]}</c>. A phrasing
/// holds placeholders in braces, e.g. <c>remove the {object}</c>.
/// </summary>
public sealed partial class InstructionTemplates
{
    private InstructionTemplates(IReadOnlyList<string> train, IReadOnlyList<string> heldOut)
    {
        Train = train;
        HeldOut = heldOut;
    }

    /// <summary>Phrasings to train on, at least one.</summary>
    public IReadOnlyList<string> Train { get; }

    /// <summary>Phrasings kept for evaluation, at least one.</summary>
    public IReadOnlyList<string> HeldOut { get; }

    /// <summary>Reads a file of phrasings.</summary>
    /// <param name="path">The JSON file.</param>
    /// <param name="placeholders">The names that may stand in braces.</param>
    /// <exception cref="InvalidDataException">The file is missing, malformed, or uses another placeholder.</exception>
    public static InstructionTemplates Load(string path, IReadOnlyCollection<string> placeholders) =>
        Of(JsonFiles.Read<PhrasingFile>(path), path, placeholders);

    /// <summary>Checks phrasings.</summary>
    /// <param name="phrasings">What a file holds.</param>
    /// <param name="origin">What to call it in errors.</param>
    /// <param name="placeholders">The names that may stand in braces.</param>
    /// <exception cref="InvalidDataException">A list is empty, or another placeholder is used.</exception>
    internal static InstructionTemplates Of(
        PhrasingFile phrasings,
        string origin,
        IReadOnlyCollection<string> placeholders
    )
    {
        ArgumentNullException.ThrowIfNull(placeholders);
        if (phrasings is not { Train.Count: > 0, HeldOut.Count: > 0 })
        {
            throw new InvalidDataException($"{origin}: train and held_out each need at least one phrasing");
        }
        foreach (string phrasing in phrasings.Train.Concat(phrasings.HeldOut))
        {
            foreach (string name in PlaceholdersOf(phrasing))
            {
                if (!placeholders.Contains(name))
                {
                    throw new InvalidDataException(
                        $"{origin}: '{phrasing}': {{{name}}} is none of {string.Join(", ", placeholders)}"
                    );
                }
            }
        }
        return new InstructionTemplates(phrasings.Train, phrasings.HeldOut);
    }

    /// <summary>The names that stand in braces in a phrasing, in order.</summary>
    internal static IEnumerable<string> PlaceholdersOf(string phrasing) =>
        Placeholder().Matches(phrasing).Select(match => match.Groups["name"].Value);

    /// <summary>Draws a phrasing and fills it.</summary>
    /// <param name="isHeldOut">Draw from <see cref="HeldOut"/> rather than <see cref="Train"/>.</param>
    /// <param name="values">What to put for each placeholder.</param>
    /// <param name="random">Moves on by one draw.</param>
    public string Fill(bool isHeldOut, IReadOnlyDictionary<string, string> values, ref CounterRandom random)
    {
        string phrasing = random.Pick(isHeldOut ? HeldOut : Train);
        return Placeholder().Replace(phrasing, match => values[match.Groups["name"].Value]);
    }

    /// <summary>All of <see cref="Train"/>, filled.</summary>
    /// <param name="values">What to put for each placeholder.</param>
    internal IReadOnlyList<string> FillAll(IReadOnlyDictionary<string, string> values) =>
        [.. Train.Select(phrasing => Placeholder().Replace(phrasing, match => values[match.Groups["name"].Value]))];

    [GeneratedRegex(@"\{(?<name>[a-z_]+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
