using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Streaming;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>
/// The answer to a request with <c>stream</c>: <c>image_edit.partial_image</c> for each preview, then
/// <c>image_edit.completed</c> for each picture, or <c>error</c>.
/// </summary>
internal sealed class OpenAiEvents(EditDesk edits, EventStreams streams, ExceptionProblems problems, TimeProvider time)
{
    // Previews are an eighth of the picture's size. Larger than this a clearer one is not worth its bytes.
    private const int LongestPartialSide = 512;

    /// <summary>Makes the edits of an order and tells of them. What is refused before the first event is thrown.</summary>
    public async Task AnswerAsync(
        HttpContext http,
        OpenAiOrder order,
        EditTicketOptions options,
        Action<EditTicket> queued
    )
    {
        EditTicketOptions watched = options with { PreviewEvery = order.Edit.PreviewEvery };
        var live = new LiveEdits(edits, order.Edit, watched, queued, http.RequestAborted);
        if (live.Results.IsFaulted)
        {
            await live.Results; // no event was sent yet, so the client gets a plain error
        }
        await streams.RunAsync(
            http,
            isResumable: false,
            async (stream, ended) =>
            {
                int partials = 0;
                await foreach (EditNews news in live.News.ReadAllAsync(ended))
                {
                    if (news.Preview is { } preview && partials < order.Parameters.PartialImages)
                    {
                        await stream.SendAsync(Event(Partial(order, preview, partials++)));
                    }
                }
                IReadOnlyList<SseEvent> outcome = await OutcomeAsync(
                    http,
                    async () =>
                    {
                        IReadOnlyList<FinishedEdit> finished = await live.Results;
                        http.Features.Get<EditRecord>()?.Finish(finished);
                        return [.. finished.Select(edit => Completed(order, edit))];
                    }
                );
                foreach (SseEvent last in outcome)
                {
                    await stream.SendAsync(last);
                }
            }
        );
    }

    /// <summary>Tells of pictures that are made elsewhere when they are there: of each that it is completed.</summary>
    /// <param name="http">The request.</param>
    /// <param name="order">What it asks for.</param>
    /// <param name="reply">The answer, when it is there.</param>
    public Task AnswerAsync(HttpContext http, OpenAiOrder order, Task<OpenAiReply> reply) =>
        streams.RunAsync(
            http,
            isResumable: false,
            async (stream, _) =>
            {
                IReadOnlyList<SseEvent> all = await OutcomeAsync(
                    http,
                    async () =>
                    {
                        OpenAiAnswer whole = (await reply).Answer;
                        return
                        [
                            .. whole.Data.Select(picture =>
                                Completed(order, picture.B64Json!, picture.Seed, whole.Usage.OfOne())
                            ),
                        ];
                    }
                );
                foreach (SseEvent last in all)
                {
                    await stream.SendAsync(last);
                }
            }
        );

    private async Task<IReadOnlyList<SseEvent>> OutcomeAsync(HttpContext http, Func<Task<OpenAiEvent[]>> completed)
    {
        try
        {
            return [.. (await completed()).Select(Event)];
        }
        catch (Exception error) when (!http.RequestAborted.IsCancellationRequested)
        {
            return [SseEvent.Json("error", OpenAiErrorBody.Of(problems.Note(http, error)))];
        }
    }

    private OpenAiEvent Partial(OpenAiOrder order, RgbImage preview, int index) =>
        Describe(order, "image_edit.partial_image", ImageCodec.Encode(Enlarged(preview, order.Size), order.Format)) with
        {
            PartialImageIndex = index,
        };

    private OpenAiEvent Completed(OpenAiOrder order, FinishedEdit finished)
    {
        var picture = EditedPicture.Of(order.Edit, finished, order.Format);
        return Completed(order, picture.Image, picture.Seed, OpenAiUsage.Of([finished.Result]));
    }

    private OpenAiEvent Completed(OpenAiOrder order, byte[] file, long seed, OpenAiUsage usage) =>
        Describe(order, "image_edit.completed", file) with
        {
            Seed = seed,
            Usage = usage,
        };

    private OpenAiEvent Describe(OpenAiOrder order, string type, byte[] file) =>
        new()
        {
            Type = type,
            B64Json = file,
            CreatedAt = time.GetUtcNow().ToUnixTimeSeconds(),
            Size = order.Size.ToString(),
            Quality = order.Parameters.Quality,
            Background = order.Background,
            OutputFormat = AnswerFormat.NameOf(order.Format),
        };

    private static SseEvent Event(OpenAiEvent sent) => SseEvent.Json(sent.Type, sent);

    private static RgbImage Enlarged(RgbImage preview, ImageSize size)
    {
        double scale = Math.Min(1, (double)LongestPartialSide / Math.Max(size.Width, size.Height));
        var enlarged = new ImageSize(
            Math.Max(1, (int)Math.Round(size.Width * scale)),
            Math.Max(1, (int)Math.Round(size.Height * scale))
        );
        return ImageResizer.Resize(preview, enlarged, ResizeFilter.Bicubic);
    }
}

/// <summary>The data of an event.</summary>
internal sealed record OpenAiEvent
{
    /// <summary><c>image_edit.partial_image</c> or <c>image_edit.completed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The picture's file in base64.</summary>
    public required byte[] B64Json { get; init; }

    /// <summary>In seconds since 1970.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>Size of the finished picture.</summary>
    public required string Size { get; init; }

    public required string Quality { get; init; }
    public required string Background { get; init; }
    public required string OutputFormat { get; init; }

    /// <summary>0, 1, …; only of a partial picture.</summary>
    public int? PartialImageIndex { get; init; }

    /// <summary>The seed that gave it; only of a finished picture, and not OpenAI's.</summary>
    public long? Seed { get; init; }

    /// <summary>Only of a finished picture.</summary>
    public OpenAiUsage? Usage { get; init; }
}
