using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>Jobs of the type <c>edit</c>: what POST /v1/edits does.</summary>
internal sealed class EditJob(EditIntake intake, EditService edits) : JobOperation
{
    public override string Type => "edit";

    public override IReadOnlyList<EditField> Fields => EditField.All;

    public override double Accept(EditForm form, ModelDescription model)
    {
        EditOrder order = intake.OrderOf(form, model);
        // The one value that is drawn when it is absent.
        string seed = order.Request.Seed.ToString(CultureInfo.InvariantCulture);
        form.Set(EditField.Seed, new FieldValue(seed, FieldNotation.Form));
        return order.Count * CostOf(order.Request, model);
    }

    public override async Task<JobOutcome> RunAsync(EditForm form, JobRun run, CancellationToken cancellationToken)
    {
        EditOrder order = intake.OrderOf(form, run.Model);
        IReadOnlyList<FinishedEdit> finished = await EditSeries.RunAsync(
            edits,
            // What a job gave is kept with the job.
            order with
            {
                Reuse = EditReuse.Brief,
            },
            _ => run.Options,
            queued: null,
            cancellationToken
        );
        var format = new AnswerFormat(AnswerKind.Json, order.OutputFormat ?? ImageFileFormat.Png);
        EditAnswer answer = EditAnswer.Of(order, finished, format, run.Model);
        JsonObject json = JsonSerializer
            .SerializeToNode(answer with { Image = null, Images = null }, ApiJson.Options)!
            .AsObject();
        JobFile[] files =
        [
            .. answer
                .Pictures()
                .Select(picture => new JobFile(
                    $"edit-{picture.Seed}.{format.FormatName}",
                    format.ImageMediaType,
                    picture.Image
                )),
        ];
        return new JobOutcome(json, files);
    }

    // Guidance takes up to three rows; how many is the engine's business, and the same for nearly all edits of one model.
    private static double CostOf(EditRequest request, ModelDescription model)
    {
        double side = request.WorkingSize?.Resolution is > 0 and { } resolution ? resolution : model.DefaultResolution;
        double pixels = request.WorkingSize?.Exact?.PixelCount ?? side * side;
        return request.Steps * pixels;
    }
}
