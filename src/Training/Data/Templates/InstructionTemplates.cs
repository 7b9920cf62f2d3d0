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
    public static InstructionTemplates Load(string path, IReadOnlyCollection<string> placeholders)
    {
        ArgumentNullException.ThrowIfNull(placeholders);
        Phrasings phrasings = JsonFiles.Read<Phrasings>(path);
        if (phrasings is not { Train.Count: > 0, HeldOut.Count: > 0 })
        {
            throw new InvalidDataException($"{path}: train and held_out each need at least one phrasing");
        }
        foreach (string phrasing in phrasings.Train.Concat(phrasings.HeldOut))
        {
            foreach (Match match in Placeholder().Matches(phrasing))
            {
                if (!placeholders.Contains(match.Groups["name"].Value))
                {
                    throw new InvalidDataException(
                        $"{path}: '{phrasing}': {match.Value} is none of {string.Join(", ", placeholders)}"
                    );
                }
            }
        }
        return new InstructionTemplates(phrasings.Train, phrasings.HeldOut);
    }

    /// <summary>Draws a phrasing and fills it.</summary>
    /// <param name="isHeldOut">Draw from <see cref="HeldOut"/> rather than <see cref="Train"/>.</param>
    /// <param name="values">What to put for each placeholder.</param>
    /// <param name="random">Moves on by one draw.</param>
    public string Fill(bool isHeldOut, IReadOnlyDictionary<string, string> values, ref CounterRandom random)
    {
        string phrasing = random.Pick(isHeldOut ? HeldOut : Train);
        return Placeholder().Replace(phrasing, match => values[match.Groups["name"].Value]);
    }

    [GeneratedRegex(@"\{(?<name>[a-z_]+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    private sealed record Phrasings(IReadOnlyList<string> Train, IReadOnlyList<string> HeldOut);
}
