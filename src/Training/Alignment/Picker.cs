using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Alignment;

/// <summary>Who chose among candidates: a person by name, or a measure by name. Never one in the other's clothes.</summary>
internal sealed record Picker
{
    /// <summary>Longest name of a person: escaped, it is part of a file's name.</summary>
    public const int MaxName = 24;

    /// <summary>A person or a program.</summary>
    [JsonPropertyName("picker")]
    public required PickerKind Kind { get; init; }

    /// <summary>The person's name; null of an automatic picker.</summary>
    public string? Name { get; init; }

    /// <summary>What an automatic picker measures; null of a person.</summary>
    public string? Metric { get; init; }

    /// <summary>By how much a candidate must beat the untouched source to be chosen; null of a person.</summary>
    public double? Margin { get; init; }

    /// <summary>A person.</summary>
    public static Picker Person(string name) => new() { Kind = PickerKind.Person, Name = name };

    /// <summary>1 to <see cref="MaxName"/> characters, none of them a control character, no space at either end.</summary>
    public static bool IsValidName(string name) =>
        name.Length is >= 1 and <= MaxName
        && name.Length == name.Trim().Length
        && !name.Any(char.IsControl)
        && name.IsNormalized();

    /// <summary>The file of this picker's answers in a folder of candidates.</summary>
    public string FileIn(CandidateFolder folder) =>
        Path.Combine(
            folder.Path,
            "answers",
            Kind == PickerKind.Automatic ? "automatic.json" : $"person-{Uri.EscapeDataString(Name!)}.json"
        );
}

/// <summary>Kinds of pickers.</summary>
internal enum PickerKind
{
    /// <summary>Someone looked at the pictures.</summary>
    Person,

    /// <summary>A program measured them against the right answer.</summary>
    Automatic,
}
