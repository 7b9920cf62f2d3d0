using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Streaming;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// The answer to POST /v1/edits as server-sent events: <c>queued</c>, then <c>progress</c> and <c>preview</c>, and last either
/// <c>completed</c> with the JSON answer or <c>error</c> with the problem.
/// </summary>
internal sealed class EditEvents(EditDesk edits, EventStreams streams, ExceptionProblems problems)
{
    private const int PreviewQuality = 75;

    /// <summary>Makes the edits of an order and tells of them. What is refused before the first event is thrown.</summary>
    public async Task AnswerAsync(
        HttpContext http,
        EditOrder order,
        EditTicketOptions options,
        AnswerFormat format,
        ModelDescription model,
        Action<EditTicket> queued
    )
    {
        EditTicketOptions watched = options with { PreviewEvery = order.PreviewEvery };
        var live = new LiveEdits(edits, order, watched, queued, http.RequestAborted);
        if (live.Results.IsFaulted)
        {
            await live.Results; // no event was sent yet, so the client gets the plain problem
        }
        await streams.RunAsync(
            http,
            isResumable: false,
            async (stream, ended) =>
            {
                await stream.SendAsync(
                    SseEvent.Json("queued", new { Seeds = order.Requests.Select(edit => edit.Seed) })
                );
                await foreach (EditNews news in live.News.ReadAllAsync(ended))
                {
                    await stream.SendAsync(Tell(news));
                }
                await stream.SendAsync(await OutcomeAsync(http, live, order, format, model));
            }
        );
    }

    private async Task<SseEvent> OutcomeAsync(
        HttpContext http,
        LiveEdits live,
        EditOrder order,
        AnswerFormat format,
        ModelDescription model
    )
    {
        try
        {
            IReadOnlyList<FinishedEdit> finished = await live.Results;
            http.Features.Get<EditRecord>()?.Finish(finished);
            return SseEvent.Json("completed", EditAnswer.Of(order, finished, format, model));
        }
        catch (Exception error) when (!http.RequestAborted.IsCancellationRequested)
        {
            return SseEvent.Json("error", Problem.Of(http, problems.Note(http, error)));
        }
    }

    private static SseEvent Tell(EditNews news)
    {
        (int step, int of) = news.Progress;
        if (news.Preview is not { } preview)
        {
            return SseEvent.Json(
                "progress",
                new
                {
                    news.Index,
                    step,
                    of,
                }
            );
        }
        return Preview(news.Index, step, of, preview);
    }

    /// <summary>The event of a small picture of what an edit looks like so far.</summary>
    public static SseEvent Preview(int index, int step, int of, RgbImage preview) =>
        SseEvent.Json(
            "preview",
            new
            {
                index,
                step,
                of,
                Format = AnswerFormat.NameOf(ImageFileFormat.Jpeg),
                preview.Width,
                preview.Height,
                Image = ImageCodec.Encode(preview, ImageFileFormat.Jpeg, PreviewQuality),
            }
        );
}
