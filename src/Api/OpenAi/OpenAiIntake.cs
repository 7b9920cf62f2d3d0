using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Replay;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>From a form of POST /v1/images/edits to a valid order.</summary>
internal sealed class OpenAiIntake(EditIntake intake, IOptions<LimitsOptions> limits)
{
    /// <summary>Checks a form's fields, decodes its pictures and brings them to the asked size.</summary>
    /// <param name="form">The fields as they came.</param>
    /// <param name="model">The model that is served.</param>
    /// <param name="terms">How the edit wants to be served, read from the same form.</param>
    /// <exception cref="ApiException">The request is at fault.</exception>
    public OpenAiOrder OrderOf(EditForm form, ModelDescription model, EditTicketOptions terms)
    {
        // 1 Fields, all faults in one answer.
        var parameters = OpenAiParameters.Read(form, model, limits.Value);
        RequireOnePicture(form);
        EditIntake.RequirePicture(form);
        form.Errors.ThrowIfAny();
        // 2 Pictures. The mask belongs to the source as it came.
        DecodedImage decoded = intake.Decode(form, OpenAiField.Image);
        EditMask? mask = intake.ReadMask(form, decoded.Image, parameters.Edit, needsAlpha: true);
        byte[]? alpha = parameters.Background is "opaque" ? null : decoded.Alpha;
        RgbImage image = decoded.Image;
        PictureStamp? stamp = intake.StampOf(form, model, parameters.Edit);
        if (parameters.Size is { } size && size != new ImageSize(image.Width, image.Height))
        {
            stamp = null; // its record would promise that the source as it came gives this picture again
            alpha = alpha is null ? null : OutputSize.Apply(alpha, image, size, parameters.Resize);
            mask = mask?.Through(picture => OutputSize.Apply(picture, size, parameters.Resize));
            image = OutputSize.Apply(image, size, parameters.Resize);
        }
        // 3 The edit.
        EditRequest edit = parameters.Edit.ToRequest(image);
        edit.Validate();
        var order = new EditOrder(edit, alpha, parameters.Edit.OutputFormat)
        {
            Count = parameters.Edit.Count,
            Mask = mask,
            Quality = parameters.FileQuality,
            DecodeTime = form.DecodeTime,
            Terms = terms,
            Stamp = stamp,
            PreviewEvery = PreviewEvery(parameters),
            Reuse = form.Get(EditField.Seed) is null ? EditReuse.None : EditReuse.Full,
        };
        return new OpenAiOrder(order, parameters, [.. Ignored(form, parameters, model, decoded, stamp is null)]);
    }

    // Editing the first and dropping the others would give a picture that lacks what was asked for, without a word.
    private static void RequireOnePicture(EditForm form)
    {
        if (form.FileCount(OpenAiField.Image) > 1)
        {
            throw new ApiException(
                ProblemKind.TooManyImages,
                "This model edits one picture at a time; send one image.",
                form.NameOf(OpenAiField.Image)
            );
        }
    }

    // So many steps apart that as many as were asked for come before the last step.
    private static int PreviewEvery(OpenAiParameters parameters)
    {
        int wanted = parameters.Stream && parameters.Edit.Count == 1 ? parameters.PartialImages : 0;
        return wanted == 0 ? 0 : Math.Max(1, (parameters.Edit.Steps + wanted) / (wanted + 1));
    }

    private static IEnumerable<string> Ignored(
        EditForm form,
        OpenAiParameters parameters,
        ModelDescription model,
        DecodedImage decoded,
        bool isResized
    )
    {
        (EditField Field, bool IsIdle)[] idle =
        [
            .. OpenAiField.WithoutEffect.Select(field => (field, true)),
            (
                OpenAiField.Model,
                form.Get(OpenAiField.Model)?.Text.Equals(model.Name, StringComparison.Ordinal) is false
            ),
            (OpenAiField.Quality, form.Get(EditField.Steps) is not null),
            (OpenAiField.OutputCompression, parameters.Edit.OutputFormat is null or ImageFileFormat.Png),
            (OpenAiField.PartialImages, !parameters.Stream || parameters.Edit.Count > 1),
            (OpenAiField.Resize, parameters.Size is null),
            (OpenAiField.Background, parameters.Background is "transparent" && decoded.Alpha is null),
            (EditField.PreserveOutsideMask, form.File(OpenAiField.Mask) is null),
            (EditField.Metadata, isResized || parameters.Edit.OutputFormat is not (null or ImageFileFormat.Png)),
        ];
        return idle.Where(field => field.IsIdle && form.Get(field.Field) is not null)
            .Select(field => form.NameOf(field.Field))
            .Concat(form.Ignored);
    }
}
