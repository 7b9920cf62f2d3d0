using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Vision;

/// <summary>From the form of a vision request to a valid order.</summary>
internal sealed class VisionOrders(EditIntake intake, IOptions<LimitsOptions> options)
{
    // The original draws 10 pixels at 256 (specification 4.3) and is used at 512, where nobody says whether they become 20.
    private static readonly double[] UsualDiscRadii = [10.0 / 512, 14.0 / 512, 20.0 / 512];

    private const int SmallestDiscRadius = 2;

    private readonly LimitsOptions _limits = options.Value;

    /// <summary>What to have painted for a segmentation, a detection or keypoints.</summary>
    /// <exception cref="ApiException">The request is at fault, or the model does not know the task.</exception>
    /// <exception cref="InvalidEditException">The picture has no canvas within the limits.</exception>
    public PaintOrder PaintOf(EditForm form, ModelDescription model, VisionTask task)
    {
        // 1 Fields, all faults in one answer.
        var reader = new FieldReader(form);
        TaskPreset? preset = task.PresetOf(model);
        ModelDescription tuned = VisionTask.Tuned(model, preset);
        bool isOwn = reader.Has(VisionField.Instruction);
        IReadOnlyList<string> targets = Targets(reader, task, isOwn);
        EditParameters parameters = EditParameters.Read(
            form,
            tuned,
            _limits.MaxCanvasPixels,
            instruction: isOwn ? null : ""
        );
        var colors = new PaintColors(task.Palette);
        NamedPaint? wanted = isOwn ? null : colors.Named(reader);
        (PaintColor Color, string? Name)? own = isOwn ? colors.Of(reader, parameters.Instruction) : null;
        MaskFormats formats = Formats(reader);
        bool wantsRawImage = reader.Flag(VisionField.RawImage) ?? false;
        EditIntake.RequirePicture(form);
        form.Errors.ThrowIfAny();
        if (preset is null && !isOwn)
        {
            throw NotSupported(model, task);
        }
        // 2 The picture, as the model will see it.
        RgbImage picture = intake.Decode(form, EditField.Image).Image;
        var source = new ImageSize(picture.Width, picture.Height);
        ImageSize canvas = (parameters.Size ?? tuned.DefaultWorkingSize).For(
            source,
            new WorkingSizeLimits { MaxPixels = _limits.MaxCanvasPixels }
        );
        RgbImage seen = new EditCanvas(source, canvas).Scale(picture);
        EditRequest edit = parameters.ToRequest(seen) with
        {
            WorkingSize = WorkingSize.Of(canvas),
            IncludeRoundTrip = true,
        };
        // 3 One edit a target.
        PaintEdit[] edits;
        if (own is { } color)
        {
            edits = [new PaintEdit(null, color.Color, color.Name, edit)];
        }
        else
        {
            NamedPaint paint = wanted ?? colors.FarthestFrom(seen);
            edits =
            [
                .. targets.Select(target => new PaintEdit(
                    target,
                    paint.Color,
                    paint.Name,
                    edit with
                    {
                        Instruction = task.Word(preset!, target, paint.Name),
                    }
                )),
            ];
        }
        edits[0].Request.Validate();
        return new PaintOrder(source, edits)
        {
            Formats = formats,
            WantsRawImage = wantsRawImage,
            DiscRadii = DiscRadii(preset, tuned),
            DecodeTime = form.DecodeTime,
            Reuse = reader.Has(EditField.Seed) ? EditReuse.Full : EditReuse.None,
        };
    }

    /// <summary>The edit that a restoration is.</summary>
    /// <exception cref="ApiException">The request is at fault, or the model does not know the task.</exception>
    public EditOrder RestoreOf(EditForm form, ModelDescription model)
    {
        var reader = new FieldReader(form);
        bool isOwn = reader.Has(VisionField.Instruction);
        VisionTask? task = null;
        if (reader.Text(VisionField.Kind) is { } kind && !VisionTask.Restorations.TryGetValue(kind, out task))
        {
            reader.Fault(
                VisionField.Kind,
                $"must be one of {string.Join(", ", VisionTask.Restorations.Keys)}, got '{EditForm.Shown(kind)}'"
            );
        }
        else if (!reader.Has(VisionField.Kind))
        {
            reader.Fault(VisionField.Kind, "is required");
        }
        TaskPreset? preset = task?.PresetOf(model);
        if (task is not null && preset is null && !isOwn)
        {
            throw NotSupported(model, task);
        }
        string? instruction =
            isOwn ? null
            : preset is null ? ""
            : task!.Word(preset);
        ModelDescription tuned = VisionTask.Tuned(model, preset);
        EditOrder order = intake.OrderOf(form, tuned, instruction);
        return order with
        {
            Request = order.Request with { WorkingSize = order.Request.WorkingSize ?? tuned.DefaultWorkingSize },
        };
    }

    private static IReadOnlyList<string> Targets(FieldReader reader, VisionTask task, bool isOwn)
    {
        bool isPoints = task == VisionTask.Keypoints;
        EditField field = isPoints ? VisionField.Points : VisionField.Target;
        IReadOnlyList<string>? targets =
            isPoints ? reader.Texts(field, VisionField.MostPoints)
            : reader.Text(field) is { } only ? [only]
            : null;
        if (isOwn && reader.Has(field))
        {
            reader.Fault(field, "must not be given together with an instruction");
        }
        else if (!isOwn && (targets is { Count: 0 } || !reader.Has(field)))
        {
            reader.Fault(field, "is required, or else an instruction");
        }
        foreach (string target in targets ?? [])
        {
            if (string.IsNullOrWhiteSpace(target) || target.Length > VisionField.LongestTarget)
            {
                reader.Fault(
                    field,
                    $"must have 1 to {VisionField.LongestTarget} characters, got '{EditForm.Shown(target)}'"
                );
                break;
            }
        }
        return targets ?? [];
    }

    private static MaskFormats Formats(FieldReader reader)
    {
        IReadOnlyList<string> names = reader.Texts(VisionField.Formats, MaskFormats.ByName.Count) ?? ["mask"];
        var formats = new MaskFormats();
        foreach (string name in names)
        {
            if (!MaskFormats.ByName.TryGetValue(name, out Func<MaskFormats, MaskFormats>? add))
            {
                reader.Fault(
                    VisionField.Formats,
                    $"must be among {string.Join(", ", MaskFormats.ByName.Keys)}, got '{EditForm.Shown(name)}'"
                );
                break;
            }
            formats = add(formats);
        }
        return formats;
    }

    // A network draws as large as it was trained to, in its own pixels, whatever the canvas.
    private static IReadOnlyList<int> DiscRadii(TaskPreset? preset, ModelDescription tuned)
    {
        IReadOnlyList<double> parts = preset?.DiscRadius is { } known ? [known] : UsualDiscRadii;
        return
        [
            .. parts
                .Select(part => Math.Max(SmallestDiscRadius, (int)Math.Round(part * tuned.DefaultResolution)))
                .Distinct(),
        ];
    }

    private static ApiException NotSupported(ModelDescription model, VisionTask task)
    {
        string known = model.Tasks.Count == 0 ? "none" : string.Join(", ", model.Tasks.Select(preset => preset.Name));
        return new ApiException(
            ProblemKind.TaskNotSupported,
            $"The model {model.Name} does not say that it was trained for {task.Name} ({task.PresetNames[0]}). The tasks it names: "
                + $"{known}. To try it all the same, give an instruction of your own."
        );
    }
}
