using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
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
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
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
            TakeImage(form, field, value);
        }
        else if (field.Type == EditFieldType.Texts)
        {
            TakeTexts(form, field, value);
        }
        else if (field.Type == EditFieldType.Flag && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            form.Set(field, new FieldValue(value.GetRawText(), FieldNotation.JsonFlag));
        }
        else if (value.ValueKind == JsonValueKind.Number)
        {
            form.Set(field, new FieldValue(value.GetRawText(), FieldNotation.JsonNumber));
        }
        else if (value.ValueKind != JsonValueKind.String)
        {
            form.Errors.Add(field.Name, $"must not be {Described(value.ValueKind)}");
        }
        else if (TextOf(value) is { } text)
        {
            form.Set(field, new FieldValue(text, FieldNotation.JsonText));
        }
        else
        {
            form.Errors.Add(field.Name, "holds half of a surrogate pair");
        }
    }

    private static void TakeTexts(EditForm form, EditField field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            form.Errors.Add(field.Name, $"must be an array of strings, not {Described(value.ValueKind)}");
            return;
        }
        if (value.GetArrayLength() > MostTexts)
        {
            form.Errors.Add(field.Name, $"must not hold more than {MostTexts} values, has {value.GetArrayLength()}");
            return;
        }
        var texts = new List<string>();
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                form.Errors.Add(field.Name, $"must hold strings only, not {Described(item.ValueKind)}");
                return;
            }
            if (TextOf(item) is not { } text)
            {
                form.Errors.Add(field.Name, "holds half of a surrogate pair");
                return;
            }
            texts.Add(text);
        }
        form.Set(field, texts);
    }

    private static string? TextOf(JsonElement value)
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

    private static void TakeImage(EditForm form, EditField field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            form.Errors.Add(field.Name, $"must be base64 in a string, not {Described(value.ValueKind)}");
            return;
        }
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        if (raw.Contains((byte)'\\'))
        {
            // Some writers escape the slashes of base64.
            raw = Encoding.UTF8.GetBytes(TextOf(value) ?? "?");
        }
        if (WithoutDataUrl(raw, out ReadOnlySpan<byte> base64) is { } fault)
        {
            form.Errors.Add(field.Name, fault);
            return;
        }
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        if (Base64.DecodeFromUtf8(base64, bytes, out _, out int written) != OperationStatus.Done)
        {
            form.Errors.Add(field.Name, "is not valid base64");
            return;
        }
        form.Set(field, bytes.AsMemory(0, written));
    }

    private static string? WithoutDataUrl(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> base64)
    {
        base64 = text;
        if (text.StartsWith("http://"u8) || text.StartsWith("https://"u8) || text.StartsWith("file:"u8))
        {
            return "must hold the picture itself; addresses are not fetched";
        }
        if (!text.StartsWith("data:"u8))
        {
            return null;
        }
        int comma = text.IndexOf((byte)',');
        if (comma < 0 || !text[..comma].EndsWith(";base64"u8))
        {
            return "is a data: URL without \";base64,\"";
        }
        base64 = text[(comma + 1)..];
        return null;
    }

    private static string Described(JsonValueKind kind) =>
        kind switch
        {
            JsonValueKind.Array => "an array",
            JsonValueKind.Object => "an object",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "a number",
            JsonValueKind.Null => "null",
            _ => "true or false",
        };
}
