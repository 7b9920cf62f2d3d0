using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>Jobs that make pictures by an instruction, and answer as POST /v1/edits does.</summary>
internal abstract class PictureJob(EditDesk edits, JobCost costs) : JobOperation
{
    public override double Accept(EditForm form, ModelDescription model)
    {
        EditOrder order = OrderOf(form, model);
        // The one value that is drawn when it is absent.
        string seed = order.Request.Seed.ToString(CultureInfo.InvariantCulture);
        form.Set(EditField.Seed, new FieldValue(seed, FieldNotation.Form));
        return costs.Of(order.Requests);
    }

    public override async Task<JobOutcome> RunAsync(EditForm form, JobRun run, CancellationToken cancellationToken)
    {
        EditOrder order = OrderOf(form, run.Model);
        IReadOnlyList<FinishedEdit> finished = await EditSeries.RunAsync(
            edits,
            // What a job gave is kept with the job.
            order with
            {
                Reuse = EditReuse.Brief,
            },
            i =>
                run.Part(
                    i,
                    order.Count,
                    order.Request.Steps,
                    form.Get(EditField.PreviewEvery) is null ? null : order.PreviewEvery
                ),
            queued: null,
            cancellationToken
        );
        var format = new AnswerFormat(AnswerKind.Json, order.OutputFormat ?? ImageFileFormat.Png);
        EditAnswer answer = EditAnswer.Of(order, finished, format, run.Model);
        JsonObject json = JsonSerializer.SerializeToNode(WithoutFiles(answer), ApiJson.Options)!.AsObject();
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

    /// <summary>The synchronous route's answer, from what <see cref="RunAsync"/> left.</summary>
    public static EditAnswer AnswerOf(JobAnswer given)
    {
        EditAnswer answer = given.Read<EditAnswer>();
        return answer.Images is { } images
            ? answer with
            {
                Images = [.. images.Zip(given.Files, (picture, file) => picture with { Image = file.Bytes })],
            }
            : answer with
            {
                Image = given.Files[0].Bytes,
            };
    }

    /// <summary>What to make; see <see cref="JobOperation.Accept"/> for the errors.</summary>
    protected abstract EditOrder OrderOf(EditForm form, ModelDescription model);

    private static EditAnswer WithoutFiles(EditAnswer answer) =>
        answer with
        {
            Image = null,
            Images = answer.Images is { } images ? [.. images.Select(picture => picture with { Image = [] })] : null,
        };
}
