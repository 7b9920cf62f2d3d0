using System.Globalization;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// Understands single values. Null means absent or wrong; what is wrong is noted in words that name the range and the value,
/// which the framework's own binding would not do.
/// </summary>
internal sealed class FieldReader(EditForm form)
{
    /// <summary>Notes that a field is wrong.</summary>
    public void Fault(EditField field, string reason) => form.Fault(field, reason);

    public bool Has(EditField field) => form.Get(field) is not null;

    public string? Text(EditField field)
    {
        if (form.Get(field) is not { } value)
        {
            return null;
        }
        if (value.Notation is FieldNotation.JsonNumber or FieldNotation.JsonFlag)
        {
            Fault(field, $"must be a string, not {Described(value.Notation)}");
            return null;
        }
        return value.Text;
    }

    public long? WholeNumber(EditField field, long? maximum = null)
    {
        long most = Math.Min((long)field.Maximum, maximum ?? long.MaxValue);
        if (NumberText(field) is not { } text)
        {
            return null;
        }
        // ASCII digits only: no sign, no blanks, no separators, no digits of other scripts.
        bool understood = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
        if (understood && number >= field.Minimum && number <= most)
        {
            return number;
        }
        Fault(field, $"must be a whole number between {field.Minimum} and {most}, got '{EditForm.Shown(text)}'");
        return null;
    }

    public double? Number(EditField field)
    {
        if (NumberText(field) is not { } text)
        {
            return null;
        }
        const NumberStyles style =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        bool understood = double.TryParse(text, style, CultureInfo.InvariantCulture, out double number);
        if (understood && number >= field.Minimum && number <= field.Maximum)
        {
            return number;
        }
        Fault(field, $"must be a number between {field.Minimum} and {field.Maximum}, got '{EditForm.Shown(text)}'");
        return null;
    }

    public T? OneOf<T>(EditField field, IReadOnlyDictionary<string, T> choices)
        where T : struct
    {
        if (Text(field) is not { } text)
        {
            return null;
        }
        if (choices.TryGetValue(text, out T choice))
        {
            return choice;
        }
        Fault(field, $"must be one of {string.Join(", ", choices.Keys)}, got '{EditForm.Shown(text)}'");
        return null;
    }

    /// <summary>A list of at most <paramref name="most"/> texts; null when it is absent or too long.</summary>
    public IReadOnlyList<string>? Texts(EditField field, int most)
    {
        IReadOnlyList<string>? texts = form.Texts(field);
        if (texts?.Count > most)
        {
            Fault(field, $"must not hold more than {most} values, has {texts.Count}");
            return null;
        }
        return texts;
    }

    /// <summary>True or false.</summary>
    public bool? Flag(EditField field)
    {
        if (form.Get(field) is not { } value)
        {
            return null;
        }
        if (value is { Notation: FieldNotation.Form or FieldNotation.JsonFlag, Text: "true" or "false" })
        {
            return value.Text.Equals("true", StringComparison.Ordinal);
        }
        Fault(field, $"must be true or false, got '{EditForm.Shown(value.Text)}'");
        return null;
    }

    private string? NumberText(EditField field)
    {
        if (form.Get(field) is not { } value)
        {
            return null;
        }
        if (value.Notation is FieldNotation.JsonText or FieldNotation.JsonFlag)
        {
            Fault(field, $"must be a number, not {Described(value.Notation)}");
            return null;
        }
        return value.Text;
    }

    private static string Described(FieldNotation notation) =>
        notation switch
        {
            FieldNotation.JsonNumber => "a number",
            FieldNotation.JsonFlag => "true or false",
            _ => "a string",
        };
}
