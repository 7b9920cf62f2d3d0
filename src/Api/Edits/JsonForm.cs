using System.Text.Json;
using System.Text.Unicode;
using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Edits;

/// <summary>Reads a request from JSON: one object, the picture as base64 or as a data: URL.</summary>
internal static class JsonForm
{
    // The request is flat; the rest is room for a good message about a field that is not.
    private const int MaxDepth = 8;
    private const int MostTexts = 64; // as many as a form has parts

    private const int MostFields = 64;

    /// <param name="body">The whole body.</param>
    /// <param name="fields">The fields that the request may have.</param>
    /// <exception cref="ApiException">Not JSON, not an object, or a field given twice.</exception>
    public static EditForm Read(ReadOnlyMemory<byte> body, IReadOnlyList<EditField> fields)
    {
        if (body.IsEmpty)
        {
            throw new ApiException(ProblemKind.MalformedBody, "The body is empty.");
        }
        if (!Utf8.IsValid(body.Span))
        {
            throw new ApiException(ProblemKind.MalformedBody, "The body is not valid UTF-8.");
        }
        using JsonDocument document = Parse(body);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new ApiException(
                ProblemKind.MalformedBody,
                $"The body must be a JSON object, not {Described(document.RootElement.ValueKind)}."
            );
        }
        var form = new EditForm(fields);
        int count = 0;
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (++count > MostFields)
            {
                throw new ApiException(ProblemKind.MalformedBody, $"The body has more than {MostFields} fields.");
            }
            if (form.Meet(NameOf(property)) is { } field && property.Value.ValueKind != JsonValueKind.Null)
            {
                Take(form, field, property.Value);
            }
        }
        return form;
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
        }
        catch (JsonException error)
        {
            // The reader counts from 0 and appends the place in its own words.
            int end = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            string reason = end < 0 ? error.Message : error.Message[..end];
            throw new ApiException(
                ProblemKind.MalformedBody,
                $"Invalid JSON at line {error.LineNumber + 1}, position {error.BytePositionInLine + 1}: {reason}"
            );
        }
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw new ApiException(ProblemKind.MalformedBody, "A field's name holds half of a surrogate pair.");
        }
    }

    private static void Take(EditForm form, EditField field, JsonElement value)
    {
        if (field.Type == EditFieldType.Image)
        {
            JsonPicture.Take(form, field, value);
            return;
        }
        if (field.Type == EditFieldType.Texts)
        {
            TakeTexts(form, field, value);
            return;
        }
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                form.Set(field, new FieldValue(value.GetRawText(), FieldNotation.JsonNumber));
                break;
            case JsonValueKind.True or JsonValueKind.False when field.Type == EditFieldType.Flag:
                form.Set(field, new FieldValue(value.GetRawText(), FieldNotation.JsonFlag));
                break;
            case JsonValueKind.String when TextOf(value) is { } text:
                form.Set(field, new FieldValue(text, FieldNotation.JsonText));
                break;
            case JsonValueKind.String:
                form.Fault(field, "holds half of a surrogate pair");
                break;
            default:
                form.Fault(field, $"must not be {Described(value.ValueKind)}");
                break;
        }
    }

    private static void TakeTexts(EditForm form, EditField field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            form.Fault(field, $"must be an array of strings, not {Described(value.ValueKind)}");
            return;
        }
        if (value.GetArrayLength() > MostTexts)
        {
            form.Fault(field, $"must not hold more than {MostTexts} values, has {value.GetArrayLength()}");
            return;
        }
        var texts = new List<string>();
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                form.Fault(field, $"must hold strings only, not {Described(item.ValueKind)}");
                return;
            }
            if (TextOf(item) is not { } text)
            {
                form.Fault(field, "holds half of a surrogate pair");
                return;
            }
            texts.Add(text);
        }
        form.Set(field, texts);
    }

    /// <summary>A kind of value in words, for messages.</summary>
    public static string Described(JsonValueKind kind) =>
        kind switch
        {
            JsonValueKind.Array => "an array",
            JsonValueKind.Object => "an object",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "a number",
            JsonValueKind.Null => "null",
            _ => "true or false",
        };

    /// <summary>A string's text; null when it holds half of a surrogate pair.</summary>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
