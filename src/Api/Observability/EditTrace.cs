using System.Diagnostics;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Observability;

/// <summary>
/// The spans of one edit's time in the engine. They are drawn when it is over, from the times that the engine took anyway: its
/// thread does nothing for them but note three moments of the denoising.
/// </summary>
internal sealed class EditTrace
{
    private const int Quarters = 4;

    private readonly TimeProvider _time;
    private readonly ActivityContext _parent;
    private DateTimeOffset _joined;
    private EditTicket? _ticket;
    private int _quarter;
    private volatile ActivityEvent[] _quarters = [];

    /// <summary>A trace below the current span; nothing is drawn when there is none that is recorded.</summary>
    public EditTrace(EditTicketOptions options, TimeProvider time)
    {
        _time = time;
        _joined = time.GetUtcNow();
        bool isRecorded = Activity.Current is { Recorded: true } && Telemetry.Spans.HasListeners();
        _parent = isRecorded ? Activity.Current!.Context : default;
        Options = isRecorded ? options with { OnProgress = progress => Note(progress, options) } : options;
    }

    /// <summary>The options to serve the edit with.</summary>
    public EditTicketOptions Options { get; }

    /// <summary>It waits for this ticket.</summary>
    public void Join(EditTicket ticket)
    {
        _ticket = ticket;
        _joined = _time.GetUtcNow();
    }

    /// <summary>It has its result.</summary>
    public void Finish(FinishedEdit finished)
    {
        if (_parent == default)
        {
            return;
        }
        if (finished.Cache == CacheOutcome.Coalesced)
        {
            Draw("idiff.coalesced", _joined, _time.GetUtcNow() - _joined, links: [new ActivityLink(finished.Origin)]);
            return;
        }
        if (finished.Cache == CacheOutcome.Hit)
        {
            return;
        }
        EditResult result = finished.Result;
        DateTimeOffset at = Draw("idiff.queue.wait", _joined, finished.QueueTime);
        at = Draw(EditStage.Text.SpanName(), at, result.TextTime);
        at = Draw(EditStage.VaeEnc.SpanName(), at, result.PrepareTime - result.TextTime);
        at = Draw(EditStage.Denoise.SpanName(), at, result.DenoiseTime, Describe(finished), _quarters);
        Draw(EditStage.VaeDec.SpanName(), at, result.FinishTime);
    }

    /// <summary>It has none.</summary>
    public void Fail(Exception error)
    {
        if (_parent == default || _ticket is not { } ticket)
        {
            return;
        }
        DateTimeOffset begun = Draw("idiff.queue.wait", _joined, ticket.QueueTime);
        if (ticket.EngineTime > TimeSpan.Zero)
        {
            Draw(EditStage.Denoise.SpanName(), begun, ticket.EngineTime, [], _quarters, error.GetType().Name);
        }
    }

    // On the engine's thread.
    private void Note(EditProgress progress, EditTicketOptions options)
    {
        int quarter = progress.Of == 0 ? 0 : progress.Step * Quarters / progress.Of;
        if (quarter > _quarter && quarter < Quarters)
        {
            _quarter = quarter;
            _quarters = [.. _quarters, new ActivityEvent($"{quarter * 100 / Quarters}%", _time.GetUtcNow())];
        }
        options.OnProgress?.Invoke(progress);
    }

    private DateTimeOffset Draw(
        string name,
        DateTimeOffset start,
        TimeSpan time,
        IEnumerable<KeyValuePair<string, object?>>? tags = null,
        IReadOnlyList<ActivityEvent>? events = null,
        string? error = null,
        IEnumerable<ActivityLink>? links = null
    )
    {
        DateTimeOffset end = start + time;
        using Activity? span = Telemetry.Spans.StartActivity(name, ActivityKind.Internal, _parent, tags, links, start);
        foreach (ActivityEvent quarter in events ?? [])
        {
            span?.AddEvent(quarter);
        }
        if (error is not null)
        {
            span?.SetStatus(ActivityStatusCode.Error, error);
        }
        span?.SetEndTime(end.UtcDateTime);
        return end;
    }

    private static KeyValuePair<string, object?>[] Describe(FinishedEdit finished) =>
        [new("idiff.steps", finished.Request.Steps), new("idiff.working_size", finished.Result.WorkingSize.ToString())];
}
