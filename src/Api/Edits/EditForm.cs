using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// A request's fields as they came, from a form or from JSON alike: known names, each once, not yet understood. What is wrong
/// so far stands in <see cref="Errors"/>.
/// </summary>
internal sealed class EditForm
{
    private readonly Dictionary<string, FieldValue> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>The picture's bytes; null when the field is missing.</summary>
    public ReadOnlyMemory<byte>? Image { get; set; }

    /// <summary>What is wrong with fields.</summary>
    public FieldErrors Errors { get; } = new();

    /// <summary>
    /// Meets a name of the body. Null for an unknown one, which is noted as an error: a misspelt parameter must not be ignored.
    /// </summary>
    /// <exception cref="ApiException">The name came before.</exception>
    public EditField? Meet(string name)
    {
        if (!_seen.Add(name))
        {
            throw new ApiException(ProblemKind.DuplicateField, $"{Shown(name)} is given more than once.", Shown(name));
        }
        EditField? field = EditField.Find(name);
        if (field is null)
        {
            Errors.Add(
                Shown(name),
                $"is not a field of this request; there are {string.Join(", ", EditField.All.Select(f => f.Name))}"
            );
        }
        return field;
    }

    /// <summary>Keeps a value.</summary>
    public void Set(EditField field, FieldValue value) => _values[field.Name] = value;

    /// <summary>The value of a field, or null when it is absent.</summary>
    public FieldValue? Get(EditField field) => _values.TryGetValue(field.Name, out FieldValue value) ? value : null;

    /// <summary>A client's text as it may be shown back: short, on one line.</summary>
    public static string Shown(string text)
    {
        const int longest = 40;
        string line = new([.. text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c)]);
        return line.Length <= longest ? line : $"{line[..longest]}…";
    }
}

/// <summary>How a value was written in the body.</summary>
internal enum FieldNotation
{
    /// <summary>A form's text: what it means is for the field to say.</summary>
    Form,

    /// <summary>A JSON string.</summary>
    JsonText,

    /// <summary>A JSON number.</summary>
    JsonNumber,
}

/// <summary>One value as it came.</summary>
internal readonly record struct FieldValue(string Text, FieldNotation Notation);
