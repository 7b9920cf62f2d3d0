using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Vision;

/// <summary>Jobs of the types <c>segment</c>, <c>detect</c> and <c>keypoints</c>: what the routes of these names do.</summary>
/// <param name="task">What is to be done.</param>
/// <param name="fields">The route's fields.</param>
/// <param name="read">The route's answer without its files, and the files.</param>
/// <param name="orders">Understands the form.</param>
/// <param name="edits">Has it painted.</param>
/// <param name="costs">Tells what that takes.</param>
internal sealed class VisionJob(
    VisionTask task,
    IReadOnlyList<EditField> fields,
    Func<PaintedEdits, (object Answer, IReadOnlyList<JobFile> Files)> read,
    VisionOrders orders,
    EditDesk edits,
    JobCost costs
) : JobOperation
{
    private const string Png = "image/png";
    private const string MaskName = "mask.png";
    private const string PaintedName = "painted.png";

    public override string Type => task.Name;

    public override IReadOnlyList<EditField> Fields => fields;

    /// <summary>The jobs of all three types.</summary>
    public static IEnumerable<VisionJob> All(VisionOrders orders, EditDesk edits, JobCost costs) =>
        [
            new(VisionTask.Segment, VisionField.OfSegment, ReadSegment, orders, edits, costs),
            new(VisionTask.Detect, VisionField.OfDetect, ReadBoxes, orders, edits, costs),
            new(VisionTask.Keypoints, VisionField.OfKeypoints, ReadPoints, orders, edits, costs),
        ];

    public override double Accept(EditForm form, ModelDescription model)
    {
        PaintOrder order = orders.PaintOf(form, model, task);
        EditRequest request = order.Edits[0].Request;
        // The one value that is drawn when it is absent.
        string seed = request.Seed.ToString(CultureInfo.InvariantCulture);
        form.Set(EditField.Seed, new FieldValue(seed, FieldNotation.Form));
        return costs.Of(order.Edits.Select(edit => edit.Request));
    }

    public override async Task<JobOutcome> RunAsync(EditForm form, JobRun run, CancellationToken cancellationToken)
    {
        // What a job gave is kept with the job.
        PaintOrder order = orders.PaintOf(form, run.Model, task) with
        {
            Reuse = EditReuse.Brief,
        };
        PaintedEdits painted = await PaintedEdits.MakeAsync(
            edits,
            order,
            i => run.Part(i, order.Edits.Count, order.Edits[i].Request.Steps),
            queued: null,
            run.Model,
            cancellationToken
        );
        (object answer, IReadOnlyList<JobFile> files) = read(painted);
        JsonObject json = JsonSerializer.SerializeToNode(answer, answer.GetType(), ApiJson.Options)!.AsObject();
        return new JobOutcome(json, files);
    }

    /// <summary>The answer of POST /v1/vision/segment, from what a job left.</summary>
    public static SegmentAnswer SegmentOf(JobAnswer given) =>
        given.Read<SegmentAnswer>() with
        {
            Mask = given.File(MaskName),
            RawImage = given.File(PaintedName),
        };

    /// <summary>The answer of POST /v1/vision/detect, from what a job left.</summary>
    public static DetectAnswer BoxesOf(JobAnswer given) =>
        given.Read<DetectAnswer>() with
        {
            RawImage = given.File(PaintedName),
        };

    /// <summary>The answer of POST /v1/vision/keypoints, from what a job left.</summary>
    public static KeypointsAnswer PointsOf(JobAnswer given)
    {
        KeypointsAnswer answer = given.Read<KeypointsAnswer>();
        return answer with
        {
            Points = [.. answer.Points.Select((point, i) => point with { RawImage = given.File(PaintedNameOf(i)) })],
        };
    }

    private static string PaintedNameOf(int index) => $"painted-{index}.png";

    private static (object Answer, IReadOnlyList<JobFile> Files) ReadSegment(PaintedEdits painted)
    {
        SegmentAnswer answer = SegmentAnswer.Of(painted, painted.Order.Formats);
        return (
            answer with
            {
                Mask = null,
                RawImage = null,
            },
            [.. File(MaskName, answer.Mask), .. File(PaintedName, answer.RawImage)]
        );
    }

    private static (object Answer, IReadOnlyList<JobFile> Files) ReadBoxes(PaintedEdits painted)
    {
        DetectAnswer answer = DetectAnswer.Of(painted);
        return (answer with { RawImage = null }, [.. File(PaintedName, answer.RawImage)]);
    }

    private static (object Answer, IReadOnlyList<JobFile> Files) ReadPoints(PaintedEdits painted)
    {
        KeypointsAnswer answer = KeypointsAnswer.Of(painted);
        return (
            answer with
            {
                Points = [.. answer.Points.Select(point => point with { RawImage = null })],
            },
            [.. answer.Points.SelectMany((point, i) => File(PaintedNameOf(i), point.RawImage))]
        );
    }

    private static IEnumerable<JobFile> File(string name, byte[]? bytes) =>
        bytes is null ? [] : [new JobFile(name, Png, bytes)];
}
