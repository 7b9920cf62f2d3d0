using System.Diagnostics;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Api.Replay;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// From HTTP body to form, and from form to valid order: what can be refused cheaply is refused before anything dear is done.
/// </summary>
internal sealed class EditIntake(
    UploadGate gate,
    ImageUrls urls,
    WeightsDigest weights,
    IOptions<LimitsOptions> options,
    TimeProvider time
)
{
    private readonly LimitsOptions _limits = options.Value;

    /// <summary>Reads one request.</summary>
    /// <param name="request">The request; its body is unread.</param>
    /// <param name="fields">The fields that it may have.</param>
    /// <param name="understand">Makes of the form what is wanted of it. Pictures are decoded in here, at one of the places for that.</param>
    /// <exception cref="ApiException">The request is at fault.</exception>
    public async Task<T> ReadAsync<T>(
        HttpRequest request,
        IReadOnlyList<EditField> fields,
        Func<EditForm, T> understand
    )
    {
        MediaTypeHeaderValue contentType = RequireContentType(request);
        using UploadGate.Upload upload = gate.Begin();
        LimitedBody body = LimitedBody.Of(request, _limits.MaxBodyBytes, upload);
        EditForm form = await ReadFormAsync(body, contentType, fields, request.HttpContext.RequestAborted);
        foreach ((EditField field, string url) in form.Links)
        {
            ReadOnlyMemory<byte> file = await urls.ReadAsync(
                url,
                form.NameOf(field),
                request.HttpContext.RequestAborted
            );
            upload.Add(file.Length);
            form.Set(field, file);
        }
        using IDisposable place = await gate.EnterAsync(request.HttpContext.RequestAborted);
        using Activity? span = Telemetry.Spans.StartActivity("idiff.validate");
        return understand(form);
    }

    /// <summary>Checks a form's fields and decodes its picture.</summary>
    /// <param name="form">The request.</param>
    /// <param name="model">Gives the defaults.</param>
    /// <param name="instruction">What to do, where it is not the form that says so.</param>
    /// <exception cref="ApiException">The request is at fault.</exception>
    public EditOrder OrderOf(EditForm form, ModelDescription model, string? instruction = null)
    {
        // 1 Fields, all faults in one answer.
        EditParameters parameters = EditParameters.Read(form, model, _limits.MaxCanvasPixels, instruction: instruction);
        RequirePicture(form);
        form.Errors.ThrowIfAny();
        // 2 Pictures: headers first, then pixels.
        DecodedImage decoded = Decode(form, EditField.Image);
        EditMask? mask = ReadMask(form, decoded.Image, parameters, needsAlpha: false);
        EditRequest edit = parameters.ToRequest(decoded.Image);
        edit.Validate();
        return new EditOrder(edit, decoded.Alpha, parameters.OutputFormat)
        {
            Count = parameters.Count,
            Mask = mask,
            DecodeTime = form.DecodeTime,
            Stamp = StampOf(form, model, parameters),
            PreviewEvery = parameters.PreviewEvery,
            Reuse = form.Get(EditField.Seed) is null ? EditReuse.None : EditReuse.Full,
        };
    }

    /// <summary>What the pictures of this form will say of how they were made.</summary>
    public PictureStamp StampOf(EditForm form, ModelDescription model, EditParameters parameters)
    {
        // Begins to compute what is wanted at the end.
        weights.Of(model);
        ReadOnlyMemory<byte>? mask = form.File(EditField.Mask);
        return new PictureStamp(
            parameters.Metadata,
            model,
            weights,
            PictureStamp.HashOf(form.File(EditField.Image).GetValueOrDefault())
        )
        {
            MaskSha256 = mask is { } file ? PictureStamp.HashOf(file) : null,
            PreserveOutsideMask = mask is null ? null : parameters.PreserveOutsideMask,
        };
    }

    /// <summary>Notes it as an error when there is no picture to edit.</summary>
    public static void RequirePicture(EditForm form)
    {
        if (form.File(EditField.Image) is null && !form.Errors.Names(form.NameOf(EditField.Image)))
        {
            form.Fault(EditField.Image, "is required");
        }
    }

    /// <summary>Decodes a field's picture.</summary>
    /// <exception cref="ApiException">It is none that can be used.</exception>
    public DecodedImage Decode(EditForm form, EditField field)
    {
        using StageMetrics.RunningStage stage = StageMetrics.Begin(EditStage.Decode);
        try
        {
            DecodedImage decoded = ImageCodec.Decode(
                form.File(field).GetValueOrDefault(),
                new ImageDecodeLimits
                {
                    MaxBytes = _limits.MaxBodyBytes,
                    MaxPixels = _limits.MaxPixels,
                    MaxSide = _limits.MaxSide,
                }
            );
            form.DecodeTime += stage.Elapsed;
            return decoded;
        }
        catch (ImageFormatException fault)
        {
            string name = form.NameOf(field);
            throw new ApiException(ProblemKind.Of(fault.Kind), $"{name}: {fault.Message}", name)
            {
                Errors = new Dictionary<string, string[]> { [name] = [fault.Message] },
            };
        }
    }

    /// <summary>Decodes and understands the mask of a picture; null when there is none.</summary>
    /// <exception cref="ApiException">It does not fit.</exception>
    public EditMask? ReadMask(EditForm form, RgbImage source, EditParameters parameters, bool needsAlpha) =>
        ReadMask(form, source, parameters.PreserveOutsideMask, needsAlpha);

    /// <summary>Decodes and understands the mask of a picture; null when there is none.</summary>
    /// <exception cref="ApiException">It does not fit.</exception>
    public EditMask? ReadMask(EditForm form, RgbImage source, bool preserveOutside, bool needsAlpha)
    {
        if (form.File(EditField.Mask) is null)
        {
            return null;
        }
        DecodedImage file = Decode(form, EditField.Mask);
        (EditMask? mask, string? fault) = MaskReader.Read(file, source, needsAlpha, !preserveOutside);
        if (fault is not null)
        {
            form.Fault(EditField.Mask, fault);
            form.Errors.ThrowIfAny();
        }
        return mask;
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

    private static bool IsForm(MediaTypeHeaderValue type) =>
        type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);
}
