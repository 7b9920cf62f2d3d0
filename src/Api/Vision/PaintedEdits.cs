using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Api.Vision;

/// <summary>The painted pictures of an order, ready to be read.</summary>
/// <param name="order">What was asked.</param>
/// <param name="finished">One for each of its edits.</param>
/// <param name="model">Who painted.</param>
internal sealed class PaintedEdits(PaintOrder order, IReadOnlyList<FinishedEdit> finished, ModelDescription model)
{
    /// <summary>What became of its edits.</summary>
    public IReadOnlyList<FinishedEdit> Finished => finished;

    /// <summary>What was asked.</summary>
    public PaintOrder Order { get; } = order;

    /// <summary>Has an order painted, its edits side by side.</summary>
    public static async Task<PaintedEdits> MakeAsync(
        EditDesk edits,
        PaintOrder order,
        Func<int, EditTicketOptions> options,
        Action<EditTicket>? queued,
        ModelDescription model,
        CancellationToken cancellationToken
    ) =>
        new(
            order,
            await EditSeries.RunAsync(
                edits,
                order.Edits.Select(edit => edit.Request),
                order.Reuse,
                options,
                queued,
                cancellationToken
            ),
            model
        );

    /// <summary>The mask of the first edit.</summary>
    public MaskReading ReadMask() => PaintedMask.ReadPieces(Before(0), finished[0].Result.Image, Order.Edits[0].Color);

    /// <summary>The point of an edit, in the client's picture; null when none is marked.</summary>
    /// <returns>Its place in pixels from the top left corner, so that the first pixel's centre is (0.5, 0.5), and its confidence.</returns>
    public (double X, double Y, double Confidence)? ReadPoint(int index)
    {
        RgbImage painted = finished[index].Result.Image;
        KeypointReading[] found =
        [
            .. Order
                .DiscRadii.Select(radius =>
                    PaintedKeypoint.Find(Before(index), painted, Order.Edits[index].Color, radius)
                )
                .OfType<KeypointReading>(),
        ];
        if (found.Length == 0)
        {
            return null;
        }
        KeypointReading point = found.MaxBy(ConfidenceOf);
        return (
            Math.Clamp((point.X + 0.5) * Order.Source.Width / painted.Width, 0, Order.Source.Width),
            Math.Clamp((point.Y + 0.5) * Order.Source.Height / painted.Height, 0, Order.Source.Height),
            ConfidenceOf(point)
        );
    }

    /// <summary>The painted picture as a PNG, when it is wanted.</summary>
    public byte[]? RawImage(int index) =>
        Order.WantsRawImage ? ImageCodec.Encode(finished[index].Result.Image, ImageFileFormat.Png) : null;

    /// <summary>Tokens of an edit's instruction that did not fit.</summary>
    public int DroppedTokens(int index) => finished[index].Result.DroppedTokens;

    /// <summary>What is the same for all edits.</summary>
    /// <param name="readTime">Time in which they were read.</param>
    public PaintFacts Facts(TimeSpan readTime)
    {
        EditRequest request = Order.Edits[0].Request;
        return new PaintFacts
        {
            Seed = request.Seed,
            Steps = request.Steps,
            Sampler = SamplerNames.NameOf(request.Sampler),
            TextGuidanceScale = request.TextGuidanceScale,
            ImageGuidanceScale = request.ImageGuidanceScale,
            Eta = request.Eta,
            Determinism = DeterminismNames.NameOf(request.Determinism),
            WorkingSize = finished[0].Result.WorkingSize.ToString(),
            Timings = EditTimings.Longest(finished.Select(edit => EditTimings.Of(Order.DecodeTime, edit, readTime))),
            Model = model.Name,
            Untrained = model.IsUntrainedReference,
        };
    }

    private static double ConfidenceOf(KeypointReading reading) => reading.Confidence * reading.Distinctness;

    private RgbImage Before(int index) =>
        finished[index].Result.RoundTrip
        ?? throw new InvalidOperationException("The pipeline gave no round trip of the source, which was asked for.");
}
