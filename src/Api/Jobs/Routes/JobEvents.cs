using System.Globalization;
using System.Threading.Channels;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Streaming;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>
/// GET /v1/jobs/{id}/events: what happens to a job, as it happens. The ids of events follow from what they tell, so a client
/// that comes back, here or after a restart, goes on where it was.
/// </summary>
internal sealed class JobEvents(IJobStore store, IProgressBus bus, JobView view, EventStreams streams)
{
    private const int MostUnread = 64;

    // For what the bus did not tell.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    /// <summary>Answers one request.</summary>
    public async Task AnswerAsync(HttpContext http, string id)
    {
        Job job = await store.RequireAsync(http, id);
        bool wantsPreviews = WantsPreviews(http.Request);
        long seen = LastSeen(http.Request);
        if (!job.Status.IsOpen() && seen >= SequenceOf(job))
        {
            // Told already; 204 is how a client learns that it need not come back.
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        await streams.RunAsync(
            http,
            isResumable: true,
            (stream, ended) => TellAsync(new Telling(stream, job.Caller, id, wantsPreviews) { Last = seen }, ended)
        );
    }

    /// <summary>The id of the event that tells of a job's present state.</summary>
    private static long SequenceOf(Job job) =>
        new JobNotice(job.Id, job.Status.IsOpen() ? JobNoticeKind.Queued : JobNoticeKind.Ended, job.Run).Sequence;

    private async Task TellAsync(Telling telling, CancellationToken ended)
    {
        // A slow reader loses the oldest steps, never the end: that is read from the store.
        Channel<JobNotice> news = Channel.CreateBounded<JobNotice>(
            new BoundedChannelOptions(MostUnread) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
        );
        using IDisposable listening = bus.Subscribe(telling.JobId, notice => news.Writer.TryWrite(notice));
        foreach (JobNotice missed in bus.Recent(telling.JobId))
        {
            await TellAsync(telling, missed);
        }
        while (await TryTellStateAsync(telling, ended))
        {
            await TellNewsAsync(telling, news.Reader, ended);
        }
    }

    // A stream that has begun outlasts a store that is away: the client would come back to a 503, and then not again.
    private async Task<bool> TryTellStateAsync(Telling telling, CancellationToken ended)
    {
        try
        {
            return await TellStateAsync(telling, ended);
        }
        catch (JobsUnavailableException)
        {
            return true;
        }
    }

    /// <summary>Tells how the job is, if that was not told. False when there is nothing more to come.</summary>
    private async Task<bool> TellStateAsync(Telling telling, CancellationToken ended)
    {
        if (await store.FindAsync(telling.Caller, telling.JobId, ended) is not { } job)
        {
            return false; // forgotten meanwhile
        }
        JobResource shown = await view.ShowAsync(job, ended);
        switch (job.Status)
        {
            case JobStatus.Queued:
                await telling.SendAsync(SequenceOf(job), SseEvent.Json("queued", new { shown.Position, shown.EtaMs }));
                return true;
            case JobStatus.Running:
                await TellAsync(telling, new JobNotice(job.Id, JobNoticeKind.Started, job.Run));
                if (shown.Step is > 0)
                {
                    var step = new JobNotice(job.Id, JobNoticeKind.Progress, job.Run)
                    {
                        Step = shown.Step.Value,
                        Of = shown.Steps ?? 0,
                    };
                    await TellAsync(telling, step);
                }
                return true;
            default:
                string name =
                    job.Status == JobStatus.Succeeded ? "completed" : job.Status.ToString().ToLowerInvariant();
                await telling.SendAsync(SequenceOf(job), SseEvent.Json(name, shown));
                return false;
        }
    }

    /// <summary>Tells what happens until the job's state may be another.</summary>
    private static async Task TellNewsAsync(Telling telling, ChannelReader<JobNotice> news, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                JobNotice notice = await news.ReadAsync(ended).AsTask().WaitAsync(Look, ended);
                if (notice.Kind is JobNoticeKind.Queued or JobNoticeKind.Ended)
                {
                    return;
                }
                await TellAsync(telling, notice);
            }
        }
        catch (TimeoutException)
        {
            // Time to look.
        }
    }

    private static Task TellAsync(Telling telling, JobNotice notice) =>
        notice.Kind switch
        {
            JobNoticeKind.Started => telling.SendAsync(notice.Sequence, SseEvent.Json("started", new { notice.Run })),
            JobNoticeKind.Progress => telling.SendAsync(
                notice.Sequence,
                SseEvent.Json("progress", new { notice.Step, notice.Of })
            ),
            JobNoticeKind.Preview when telling.WantsPreviews && notice.Preview is { } preview => telling.SendAsync(
                notice.Sequence,
                EditEvents.Preview(notice.Index, notice.Step, notice.Of, preview)
            ),
            _ => Task.CompletedTask,
        };

    private static bool WantsPreviews(HttpRequest request) =>
        request.Query["previews"].ToString() switch
        {
            "" or "false" => false,
            "true" => true,
            var other => throw new ApiException(
                ProblemKind.InvalidParameter,
                $"previews: must be true or false, got '{EditForm.Shown(other)}'",
                "previews"
            ),
        };

    // What is no id of ours is no id: the stream begins at the beginning.
    private static long LastSeen(HttpRequest request) =>
        long.TryParse(request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out long seen)
            ? seen
            : 0;

    /// <summary>One client, and what it was told.</summary>
    private sealed record Telling(SseWriter Stream, string Caller, string JobId, bool WantsPreviews)
    {
        /// <summary>The last event that it has.</summary>
        public long Last { get; set; }

        /// <summary>Sends an event unless it has that or a later one.</summary>
        public async Task SendAsync(long sequence, SseEvent told)
        {
            if (sequence > Last)
            {
                Last = sequence;
                await Stream.SendAsync(told with { Id = sequence.ToString(CultureInfo.InvariantCulture) });
            }
        }
    }
}
