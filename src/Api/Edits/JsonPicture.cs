using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// Reads the pictures of a JSON request: base64, a <c>data:</c> URL or an address in a string and, on routes that take references,
/// objects with <c>image_url</c> or <c>file_id</c>. What lies at an address is fetched later.
/// </summary>
internal static class JsonPicture
{
    // One is taken; that there are more is all that is told about the others.
    private const int MostRead = 2;

    // Characters of an image_url, as OpenAI's API has it.
    private const int LongestUrl = 20_971_520;

    // Base64 has no colon, so a scheme is told by its end.
    private const int LongestScheme = 16;

    /// <summary>Puts the picture, or a list of pictures, into the form; notes what is wrong with it.</summary>
    public static void Take(EditForm form, EditField field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || !field.Repeats)
        {
            TakeOne(form, field, value);
            return;
        }
        foreach (JsonElement one in value.EnumerateArray().Take(MostRead))
        {
            TakeOne(form, field, one);
        }
    }

    private static void TakeOne(EditForm form, EditField field, JsonElement value)
    {
        string? fault = value.ValueKind switch
        {
            JsonValueKind.String => TakeText(form, field, value),
            JsonValueKind.Object when field.TakesReferences => TakeReference(form, field, value),
            _ => $"must be base64 in a string, not {JsonForm.Described(value.ValueKind)}",
        };
        if (fault is not null)
        {
            form.Fault(field, fault);
        }
    }

    private static string? TakeReference(EditForm form, EditField field, JsonElement reference)
    {
        bool hasUrl = reference.TryGetProperty("image_url", out JsonElement url) && url.ValueKind != JsonValueKind.Null;
        bool hasFile =
            reference.TryGetProperty("file_id", out JsonElement file) && file.ValueKind != JsonValueKind.Null;
        if (hasUrl == hasFile)
        {
            return "must hold exactly one of image_url and file_id";
        }
        if (hasFile)
        {
            return "names a file_id, but this server stores no files; send the picture as a data: URL in image_url";
        }
        if (url.ValueKind != JsonValueKind.String)
        {
            return $"has an image_url that is {JsonForm.Described(url.ValueKind)}";
        }
        int length = JsonMarshal.GetRawUtf8Value(url).Length - 2; // without its quotes
        return length <= LongestUrl
            ? TakeText(form, field, url)
            : $"has an image_url of {length} characters; at most {LongestUrl} are read";
    }

    private static string? TakeText(EditForm form, EditField field, JsonElement value)
    {
        ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        if (raw.Contains((byte)'\\'))
        {
            // Some writers escape the slashes of base64.
            raw = Encoding.UTF8.GetBytes(JsonForm.TextOf(value) ?? "?");
        }
        if (raw.StartsWith("file:"u8) || raw[..Math.Min(raw.Length, LongestScheme)].IndexOf("://"u8) > 0)
        {
            form.Link(field, Encoding.UTF8.GetString(raw));
            return null;
        }
        if (WithoutDataUrl(raw, out ReadOnlySpan<byte> base64) is { } fault)
        {
            return fault;
        }
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(base64.Length)];
        if (Base64.DecodeFromUtf8(base64, bytes, out _, out int written) != OperationStatus.Done)
        {
            return "is not valid base64";
        }
        form.Set(field, bytes.AsMemory(0, written));
        return null;
    }

    private static string? WithoutDataUrl(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> base64)
    {
        base64 = text;
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
}
