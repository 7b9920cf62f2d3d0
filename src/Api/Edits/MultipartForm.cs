using System.Text;
using InstructDiffusion.Api.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Edits;

/// <summary>Reads a request from a multipart form, part by part, straight into memory: no temporary files, every part bounded.</summary>
internal static class MultipartForm
{
    private const int LongestBoundary = 70; // RFC 2046
    private const int MostParts = 64;
    private const int LongestText = 128 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    /// <param name="body">The body.</param>
    /// <param name="contentType">Names the boundary.</param>
    /// <param name="fields">The fields that the request may have.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ApiException">Not a form, cut short, too many parts, or a field given twice.</exception>
    public static async Task<EditForm> ReadAsync(
        Stream body,
        MediaTypeHeaderValue contentType,
        IReadOnlyList<EditField> fields,
        CancellationToken cancellationToken
    )
    {
        string boundary = HeaderUtilities.RemoveQuotes(contentType.Boundary).ToString();
        if (boundary.Length is 0 or > LongestBoundary)
        {
            throw Malformed($"multipart/form-data needs a boundary of 1 to {LongestBoundary} characters.");
        }
        var reader = new MultipartReader(boundary, body) { HeadersCountLimit = 16, HeadersLengthLimit = 8 * 1024 };
        var form = new EditForm(fields);
        int parts = 0;
        while (await NextAsync(reader, cancellationToken) is { } part)
        {
            if (++parts > MostParts)
            {
                throw Malformed($"The form has more than {MostParts} parts.");
            }
            await TakeAsync(form, part, cancellationToken);
        }
        return form;
    }

    private static async Task<MultipartSection?> NextAsync(MultipartReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (Exception error) when (IsMalformed(error))
        {
            throw Malformed("The form is cut short, or its boundary is not the announced one.");
        }
    }

    private static async Task TakeAsync(EditForm form, MultipartSection part, CancellationToken cancellationToken)
    {
        if (
            !ContentDispositionHeaderValue.TryParse(
                part.ContentDisposition,
                out ContentDispositionHeaderValue? disposition
            )
            || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase)
            || disposition.Name.Length == 0
        )
        {
            throw Malformed("A part of the form has no Content-Disposition: form-data with a name.");
        }
        if (form.Meet(HeaderUtilities.RemoveQuotes(disposition.Name).ToString(), mayRepeat: true) is not { } field)
        {
            return;
        }
        try
        {
            if (field.Type == EditFieldType.Image)
            {
                ReadOnlyMemory<byte>? file = await ReadAsync(part.Body, int.MaxValue, cancellationToken);
                // What browsers and Swagger UI send for a file that nobody chose.
                bool isUnchosen =
                    file is { IsEmpty: true } && string.Equals(field.Key, EditField.Mask.Key, StringComparison.Ordinal);
                if (!isUnchosen)
                {
                    form.Set(field, file.GetValueOrDefault());
                }
            }
            else
            {
                TakeText(form, field, await ReadAsync(part.Body, LongestText, cancellationToken));
            }
        }
        catch (Exception error) when (IsMalformed(error))
        {
            throw Malformed($"The form is cut short within {field.Name}.");
        }
    }

    private static void TakeText(EditForm form, EditField field, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } text)
        {
            form.Fault(field, $"must not be longer than {LongestText} bytes");
            return;
        }
        try
        {
            string value = StrictUtf8.GetString(text.Span);
            if (field.Type == EditFieldType.Texts)
            {
                form.Set(field, [.. form.Texts(field) ?? [], value]);
                return;
            }
            form.Set(field, new FieldValue(value, FieldNotation.Form));
        }
        catch (DecoderFallbackException)
        {
            form.Fault(field, "must be UTF-8");
        }
    }

    // The body's own limit bounds every part; text is held to less. Null when there is more than that.
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        Stream part,
        int atMost,
        CancellationToken cancellationToken
    )
    {
        using var whole = new MemoryStream();
        byte[] chunk = new byte[64 * 1024];
        int read;
        while ((read = await part.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (whole.Length + read > atMost)
            {
                return null;
            }
            whole.Write(chunk, 0, read);
        }
        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }

    // Kestrel's own complaints about the body are IOExceptions too, and say better what is wrong.
    private static bool IsMalformed(Exception error) =>
        error is InvalidDataException || (error is IOException && error is not BadHttpRequestException);

    private static ApiException Malformed(string detail) => new(ProblemKind.MalformedBody, detail);
}
