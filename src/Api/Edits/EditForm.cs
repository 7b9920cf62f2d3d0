using System.Text.Json;
using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// A request's fields as they came, from a form or from JSON alike: known names, each once, not yet understood. What is wrong
/// so far stands in <see cref="Errors"/>.
/// </summary>
internal sealed class EditForm(IReadOnlyList<EditField> fields)
{
    private readonly Dictionary<string, FieldValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _fileCounts = new(StringComparer.Ordinal);
    private readonly List<(EditField Field, string Url)> _links = [];
    private readonly HashSet<string> _unknown = new(StringComparer.Ordinal);

    /// <summary>The fields that the request may have.</summary>
    public IReadOnlyList<EditField> Fields { get; } = fields;

    /// <summary>The values by the keys of their fields.</summary>
    public IReadOnlyDictionary<string, FieldValue> Values => _values;

    /// <summary>The pictures' bytes by the keys of their fields; the first of a list.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files => _files;

    /// <summary>Addresses of pictures that are yet to be fetched.</summary>
    public IReadOnlyList<(EditField Field, string Url)> Links => _links;

    /// <summary>Names without effect, on a route that takes any (<see cref="EditFieldType.Rest"/>).</summary>
    public IReadOnlyCollection<string> Ignored => _unknown;

    /// <summary>Time in which its pictures were decoded.</summary>
    public TimeSpan DecodeTime { get; set; }

    /// <summary>What is wrong with fields.</summary>
    public FieldErrors Errors { get; } = new();

    /// <summary>
    /// Meets a name of the body. Null for an unknown one, which is noted as an error: a misspelt parameter must not be ignored.
    /// Where the route takes any name, it is noted in <see cref="Ignored"/>.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="mayRepeat">True in a form, where a list is a field that comes several times.</param>
    /// <exception cref="ApiException">The field came before, by this name or another.</exception>
    public EditField? Meet(string name, bool mayRepeat = false)
    {
        EditField? field = Fields.FirstOrDefault(known => known.IsCalled(name));
        if (field is null)
        {
            MeetUnknown(name);
            return null;
        }
        bool isList = field.Repeats || (mayRepeat && field.Type == EditFieldType.Texts);
        if (_names.TryGetValue(field.Key, out string? before) && !isList)
        {
            string detail = before.Equals(name, StringComparison.Ordinal)
                ? $"{name} is given more than once."
                : $"{before} and {name} are the same field; give one of them.";
            throw new ApiException(ProblemKind.DuplicateField, detail, name);
        }
        _names[field.Key] = name;
        return field;
    }

    /// <summary>Keeps a value.</summary>
    public void Set(EditField field, FieldValue value) => _values[field.Key] = value;

    /// <summary>The value of a field, or null when it is absent.</summary>
    public FieldValue? Get(EditField field) => _values.TryGetValue(field.Key, out FieldValue value) ? value : null;

    /// <summary>Keeps the texts of a list.</summary>
    public void Set(EditField field, IEnumerable<string> texts) =>
        Set(field, new FieldValue(JsonSerializer.Serialize(texts), FieldNotation.List));

    /// <summary>The texts of a list, or null when it is absent.</summary>
    public IReadOnlyList<string>? Texts(EditField field) =>
        Get(field) is { } list ? JsonSerializer.Deserialize<string[]>(list.Text) : null;

    /// <summary>Keeps a picture's bytes; of a list the first, as no model takes more, while the others are counted.</summary>
    public void Set(EditField field, ReadOnlyMemory<byte> file)
    {
        _files.TryAdd(field.Key, file);
        _fileCounts[field.Key] = FileCount(field) + 1;
    }

    /// <summary>Keeps the address of a picture that is yet to be fetched.</summary>
    public void Link(EditField field, string url) => _links.Add((field, url));

    /// <summary>A picture's bytes, or null when the field is absent.</summary>
    public ReadOnlyMemory<byte>? File(EditField field) =>
        // Spelt out: a bare null would become an empty memory.
        _files.TryGetValue(field.Key, out ReadOnlyMemory<byte> file)
            ? file
            : default(ReadOnlyMemory<byte>?);

    /// <summary>How many pictures a field has.</summary>
    public int FileCount(EditField field) => _fileCounts.GetValueOrDefault(field.Key);

    /// <summary>What this request, or else its route, calls a field.</summary>
    public string NameOf(EditField field) =>
        _names.TryGetValue(field.Key, out string? given)
            ? given
            : (Fields.FirstOrDefault(known => known.Key.Equals(field.Key, StringComparison.Ordinal)) ?? field).Name;

    /// <summary>Notes that a field is wrong, by the name that the client knows.</summary>
    public void Fault(EditField field, string reason) => Errors.Add(NameOf(field), reason);

    /// <summary>A client's text as it may be shown back: short, on one line.</summary>
    public static string Shown(string text)
    {
        const int longest = 40;
        string line = new([.. text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c)]);
        return line.Length <= longest ? line : $"{line[..longest]}…";
    }

    private void MeetUnknown(string name)
    {
        bool isNew = _unknown.Add(name);
        if (Fields.Any(field => field.Type == EditFieldType.Rest))
        {
            return;
        }
        if (!isNew)
        {
            throw new ApiException(ProblemKind.DuplicateField, $"{Shown(name)} is given more than once.", Shown(name));
        }
        Errors.Add(
            Shown(name),
            $"is not a field of this request; there are {string.Join(", ", Fields.Select(field => field.Name))}"
        );
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

    /// <summary>JSON's <c>true</c> or <c>false</c>.</summary>
    JsonFlag,

    /// <summary>A list of texts, written as a JSON array, whichever way it came.</summary>
    List,
}

/// <summary>One value as it came.</summary>
internal readonly record struct FieldValue(string Text, FieldNotation Notation);
