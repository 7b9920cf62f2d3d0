using System.Globalization;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Replay;

/// <summary>From the form of a replay to the edit that made its picture. The record is a stranger's text like any other.</summary>
internal sealed class ReplayOrders(EditIntake intake)
{
    /// <summary>What to do.</summary>
    /// <exception cref="ApiException">The request is at fault, there is no record, or the source is another one.</exception>
    /// <exception cref="InvalidEditException">The record holds what no edit can have.</exception>
    public ReplayOrder OrderOf(EditForm form)
    {
        var reader = new FieldReader(form);
        string? instruction = Words(reader, ReplayField.Instruction);
        string? negative = Words(reader, ReplayField.NegativeInstruction);
        EditIntake.RequirePicture(form);
        if (form.File(ReplayField.Source) is null && !form.Errors.Names(ReplayField.Source.Name))
        {
            form.Fault(ReplayField.Source, "is required");
        }
        form.Errors.ThrowIfAny();

        RgbImage picture = intake.Decode(form, ReplayField.Image).Image;
        PictureRecord record = ReadRecord(form.File(ReplayField.Image).GetValueOrDefault());
        RequireSame(ReplayField.Source, record.SourceSha256, form.File(ReplayField.Source));
        RequireSame(ReplayField.Mask, record.MaskSha256, form.File(ReplayField.Mask));
        DecodedImage source = intake.Decode(form, ReplayField.Source);
        EditRequest edit = EditOf(record, source.Image, instruction, negative);
        edit.Validate();
        var order = new EditOrder(edit, source.Alpha, ImageFileFormat.Png)
        {
            DecodeTime = form.DecodeTime,
            Mask = intake.ReadMask(form, source.Image, record.PreserveOutsideMask ?? true, needsAlpha: false),
        };
        if ((picture.Width, picture.Height) != (source.Image.Width, source.Image.Height))
        {
            throw new ApiException(
                ProblemKind.SourceMismatch,
                $"The picture is {picture.Width}x{picture.Height}, but its source {source.Image.Width}x{source.Image.Height}: it was "
                    + "changed after it was made.",
                ReplayField.Image.Name
            );
        }
        return new ReplayOrder(record, picture, order);
    }

    private static string? Words(FieldReader reader, EditField field)
    {
        string? text = reader.Text(field);
        if (text?.Length > EditParameters.LongestInstruction)
        {
            reader.Fault(
                field,
                $"must not be longer than {EditParameters.LongestInstruction} characters, has {text.Length}"
            );
        }
        return text;
    }

    private static PictureRecord ReadRecord(ReadOnlyMemory<byte> file)
    {
        string? json;
        try
        {
            json = ImageCodec.ReadText(file.Span).GetValueOrDefault(PictureRecord.Keyword);
        }
        catch (ImageFormatException damaged)
        {
            throw NoRecord(damaged.Message);
        }
        if (json is null)
        {
            throw NoRecord(
                "The picture carries no record of this program's: it was not made by it, or with metadata none, or was saved anew."
            );
        }
        return PictureRecord.Parse(json, out string? fault)
            ?? throw NoRecord($"The picture's record cannot be used: {fault}");
    }

    private static void RequireSame(EditField field, string? recorded, ReadOnlyMemory<byte>? file)
    {
        string? given = file is { } bytes ? PictureStamp.HashOf(bytes) : null;
        if (string.Equals(given, recorded, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }
        throw new ApiException(
            ProblemKind.SourceMismatch,
            recorded is null ? $"{field.Name}: the picture was made without one."
                : given is null
                    ? $"{field.Name}: the picture was made with one, whose file has the SHA-256 {EditForm.Shown(recorded)}."
                : $"{field.Name}: its SHA-256 is {given}, the picture was made with {EditForm.Shown(recorded)}.",
            field.Name
        );
    }

    private static EditRequest EditOf(PictureRecord record, RgbImage source, string? instruction, string? negative)
    {
        if (!SamplerNames.ByName.TryGetValue(record.Sampler, out SamplerKind sampler))
        {
            throw NoRecord(
                $"The picture's record names a sampler that is not known: '{EditForm.Shown(record.Sampler)}'."
            );
        }
        if (
            !DeterminismNames.ByName.TryGetValue(
                record.Determinism ?? DeterminismNames.NameOf(Determinism.Fast),
                out Determinism determinism
            )
        )
        {
            throw NoRecord(
                $"The picture's record names a determinism that is not known: '{EditForm.Shown(record.Determinism!)}'."
            );
        }
        if (record.StepsDone is { } done)
        {
            throw NoRecord(
                $"The picture is of step {done} of {record.Steps}, when its deadline came; only whole edits are made again."
            );
        }
        if (record.Instruction is not null && instruction is not null)
        {
            throw Fault(ReplayField.Instruction, "must not be given: the picture's record holds it");
        }
        string words =
            record.Instruction
            ?? instruction
            ?? throw Fault(
                ReplayField.Instruction,
                "is required: the picture's record is minimal and does not hold it"
            );
        return new EditRequest
        {
            Image = source,
            Instruction = words,
            NegativeInstruction = record.NegativeInstruction ?? negative ?? "",
            Seed = record.Seed,
            Steps = record.Steps,
            Sampler = sampler,
            TextGuidanceScale = record.TextGuidanceScale,
            ImageGuidanceScale = record.ImageGuidanceScale,
            Eta = record.Eta,
            Determinism = determinism,
            WorkingSize = WorkingSize.Of(SizeOf(record.Size)),
        };
    }

    private static ImageSize SizeOf(string text)
    {
        string[] sides = text.Split('x');
        return
            sides.Length == 2
            && int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            && int.TryParse(sides[1], NumberStyles.None, CultureInfo.InvariantCulture, out int height)
            ? new ImageSize(width, height)
            : throw NoRecord($"The picture's record names a size that is none: '{EditForm.Shown(text)}'.");
    }

    private static ApiException NoRecord(string detail) => new(ProblemKind.NoRecord, detail, ReplayField.Image.Name);

    private static ApiException Fault(EditField field, string reason) =>
        new(ProblemKind.InvalidParameter, $"{field.Name}: {reason}", field.Name)
        {
            Errors = new Dictionary<string, string[]> { [field.Name] = [reason] },
        };
}
