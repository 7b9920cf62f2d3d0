using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// From HTTP body to form, and from form to valid order: what can be refused cheaply is refused before anything dear is done.
/// </summary>
internal sealed class EditIntake(UploadGate gate, IOptions<LimitsOptions> options, TimeProvider time)
{
    private readonly LimitsOptions _limits = options.Value;

    /// <summary>Reads one request.</summary>
    /// <param name="request">The request; its body is unread.</param>
    /// <param name="fields">The fields that it may have.</param>
    /// <param name="understand">Makes of the form what is wanted of it. Pictures are decoded in here, while the upload's place is held.</param>
    /// <exception cref="ApiException">The request is at fault.</exception>
    public async Task<T> ReadAsync<T>(
        HttpRequest request,
        IReadOnlyList<EditField> fields,
        Func<EditForm, T> understand
    )
    {
        MediaTypeHeaderValue contentType = RequireContentType(request);
        LimitedBody body = LimitedBody.Of(request, _limits.MaxBodyBytes);
        using IDisposable place = await gate.EnterAsync(request.HttpContext.RequestAborted);
        return understand(await ReadFormAsync(body, contentType, fields, request.HttpContext.RequestAborted));
    }

    /// <summary>Checks a form's fields and decodes its picture.</summary>
    /// <exception cref="ApiException">The request is at fault.</exception>
    public EditOrder OrderOf(EditForm form, ModelDescription model)
    {
        // 1 Fields, all faults in one answer.
        EditParameters parameters = EditParameters.Read(form, model, _limits.MaxCanvasPixels);
        if (form.File(EditField.Image) is null && !form.Errors.Names(EditField.Image.Name))
        {
            form.Errors.Add(EditField.Image.Name, "is required");
        }
        form.Errors.ThrowIfAny();
        // 2 Picture: header first, then pixels.
        DecodedImage decoded = Decode(form.File(EditField.Image).GetValueOrDefault());
        EditRequest edit = parameters.ToRequest(decoded.Image);
        edit.Validate();
        return new EditOrder(edit, decoded.Alpha, parameters.OutputFormat);
    }

    private static MediaTypeHeaderValue RequireContentType(HttpRequest request)
    {
        if (
            request.Headers.ContentEncoding is { Count: > 0 } encoding
            && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase)
        )
        {
            throw new ApiException(
                ProblemKind.UnsupportedBody,
                $"Content-Encoding {EditForm.Shown(encoding.ToString())} is not supported; send the body as it is."
            );
        }
        if (
            MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            && (IsForm(type) || type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        )
        {
            return type;
        }
        string given = string.IsNullOrEmpty(request.ContentType) ? "none" : EditForm.Shown(request.ContentType);
        throw new ApiException(
            ProblemKind.UnsupportedBody,
            $"Content-Type must be multipart/form-data or application/json, got {given}."
        );
    }

    private async Task<EditForm> ReadFormAsync(
        LimitedBody body,
        MediaTypeHeaderValue contentType,
        IReadOnlyList<EditField> fields,
        CancellationToken aborted
    )
    {
        var longest = TimeSpan.FromSeconds(_limits.UploadSeconds);
        using var clock = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, aborted);
        try
        {
            if (IsForm(contentType))
            {
                return await MultipartForm.ReadAsync(body, contentType, fields, either.Token);
            }
            using var whole = new MemoryStream();
            await body.CopyToAsync(whole, either.Token);
            return JsonForm.Read(whole.GetBuffer().AsMemory(0, (int)whole.Length), fields);
        }
        catch (OperationCanceledException) when (clock.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            throw new ApiException(
                ProblemKind.UploadTooSlow,
                $"The body did not arrive within {longest.TotalSeconds:F0} s."
            );
        }
    }

    private DecodedImage Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return ImageCodec.Decode(
                bytes,
                new ImageDecodeLimits
                {
                    MaxBytes = _limits.MaxBodyBytes,
                    MaxPixels = _limits.MaxPixels,
                    MaxSide = _limits.MaxSide,
                }
            );
        }
        catch (ImageFormatException fault)
        {
            string name = EditField.Image.Name;
            throw new ApiException(ProblemKind.Of(fault.Kind), $"{name}: {fault.Message}", name)
            {
                Errors = new Dictionary<string, string[]> { [name] = [fault.Message] },
            };
        }
    }

    private static bool IsForm(MediaTypeHeaderValue type) =>
        type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);
}
