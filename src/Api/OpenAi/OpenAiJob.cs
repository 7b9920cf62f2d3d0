using System.Globalization;
using System.Text.Json;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>Jobs of the type <c>image_edit</c>, made of requests to POST /v1/images/edits with an Idempotency-Key alone.</summary>
internal sealed class OpenAiJob(OpenAiIntake intake, EditDesk edits, JobCost costs, TimeProvider time) : JobOperation
{
    public override string Type => "image_edit";

    public override bool IsOffered => false;

    public override IReadOnlyList<EditField> Fields => OpenAiField.All;

    public override double Accept(EditForm form, ModelDescription model) => Accept(form, model, out _);

    /// <summary>The same, and gives what was understood.</summary>
    public double Accept(EditForm form, ModelDescription model, out OpenAiOrder order)
    {
        order = intake.OrderOf(form, model, new EditTicketOptions());
        // The one value that is drawn when it is absent.
        string seed = order.Edit.Request.Seed.ToString(CultureInfo.InvariantCulture);
        form.Set(EditField.Seed, new FieldValue(seed, FieldNotation.Form));
        return costs.Of(order.Edit.Requests);
    }

    public override async Task<JobOutcome> RunAsync(EditForm form, JobRun run, CancellationToken cancellationToken)
    {
        OpenAiOrder order = intake.OrderOf(form, run.Model, new EditTicketOptions());
        IReadOnlyList<FinishedEdit> finished = await EditSeries.RunAsync(
            edits,
            // What a job gave is kept with the job.
            order.Edit with
            {
                Reuse = EditReuse.Brief,
            },
            i => run.Part(i, order.Edit.Count, order.Edit.Request.Steps),
            queued: null,
            cancellationToken
        );
        EditedPicture[] pictures = [.. finished.Select(edit => EditedPicture.Of(order.Edit, edit, order.Format))];
        string format = AnswerFormat.NameOf(order.Format);
        JobFile[] files =
        [
            .. pictures.Select(picture => new JobFile(
                $"edit-{picture.Seed}.{format}",
                $"image/{format}",
                picture.Image
            )),
        ];
        EditedPicture[] without = [.. pictures.Select(picture => picture with { Image = [] })];
        var reply = OpenAiReply.Of(order, finished, without, run.Model, time.GetUtcNow());
        return new JobOutcome(JsonSerializer.SerializeToNode(reply, ApiJson.Options)!.AsObject(), files);
    }

    /// <summary>The route's answer, from what <see cref="RunAsync"/> left.</summary>
    /// <param name="given">What it left.</param>
    /// <param name="order">The request, which is the same as the one that it was made for.</param>
    public static OpenAiReply ReplyOf(JobAnswer given, OpenAiOrder order)
    {
        OpenAiReply reply = given.Read<OpenAiReply>();
        IEnumerable<OpenAiPicture> pictures = reply.Answer.Data.Zip(
            given.Files,
            (picture, file) => OpenAiPicture.Of(file.Bytes, picture.Seed, order)
        );
        return reply with { Answer = reply.Answer with { Data = [.. pictures] } };
    }
}
