using System.Diagnostics;
using System.Diagnostics.Metrics;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Observability;

/// <summary>What clients of the edit routes meet.</summary>
internal sealed class RequestMetrics
{
    // Faults of the request itself: whoever sends it again meets them again.
    private static readonly HashSet<int> InputFaults = [400, 406, 408, 411, 413, 415, 422];

    private readonly EngineLoop _engine;
    private readonly QueueMetrics _queue;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstPreview;
    private readonly SeriesCounter _rejected;

    public RequestMetrics(IMeterFactory meters, EngineLoop engine, QueueMetrics queue)
    {
        _engine = engine;
        _queue = queue;
        Meter meter = meters.Create(Telemetry.Name);
        _duration = meter.CreateHistogram(
            "gen_ai.server.request.duration",
            "s",
            "Time from the first byte of an edit's request to the last of its answer.",
            tags: null,
            Telemetry.Seconds
        );
        _firstPreview = meter.CreateHistogram(
            "idiff.request.first_preview.duration",
            "s",
            "Time until an edit that is looked at shows its first preview.",
            tags: null,
            Telemetry.Seconds
        );
        _rejected = new SeriesCounter(
            meter,
            "idiff.input.rejected",
            "{request}",
            "Requests at fault themselves, by the problem's code.",
            ["reason"],
            ProblemKind.All.Where(IsInputFault).Select(kind => new string?[] { kind.Code })
        );
    }

    /// <summary>A request of an edit route was answered.</summary>
    /// <param name="time">How long it took.</param>
    /// <param name="record">What it was.</param>
    /// <param name="problem">What was wrong; null when it succeeded.</param>
    public void Answered(TimeSpan time, EditRecord record, ProblemKind? problem)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", "generate_content" },
            { "gen_ai.provider.name", "instructdiffusion" },
            { "gen_ai.request.model", _engine.Status.Model?.Name ?? "" },
            { "gen_ai.output.type", "image" },
        };
        if (problem is not null)
        {
            tags.Add("error.type", problem.Code);
        }
        _duration.Record(time.TotalSeconds, tags);
        Describe(Activity.Current, tags, record);
        if (problem is not null && IsInputFault(problem))
        {
            _rejected.Add(problem.Code);
        }
        if (problem == ProblemKind.ClientClosed && record.Ticket is { } ticket)
        {
            _queue.Cancelled(CancelledBy.Client, ticket);
        }
    }

    /// <summary>The same options; the first preview is measured from now on.</summary>
    public EditTicketOptions Watching(EditTicketOptions options)
    {
        if (options.OnPreview is not { } show)
        {
            return options;
        }
        long start = Stopwatch.GetTimestamp();
        bool isFirst = true;
        return options with
        {
            OnPreview = (progress, preview) =>
            {
                if (isFirst)
                {
                    isFirst = false;
                    _firstPreview.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
                show(progress, preview);
            },
        };
    }

    // The request's own span says what single requests may say and measurements may not.
    private static void Describe(Activity? span, TagList tags, EditRecord record)
    {
        if (span is not { IsAllDataRequested: true })
        {
            return;
        }
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            span.SetTag(tag.Key, tag.Value);
        }
        span.SetTag("gen_ai.request.seed", record.Request?.Seed);
        span.SetTag("gen_ai.request.choice.count", record.Count);
        span.SetTag("idiff.cache", record.Cache is { } cache ? Label<CacheOutcome>.Of(cache) : null);
    }

    private static bool IsInputFault(ProblemKind kind) => InputFaults.Contains(kind.Status);
}
