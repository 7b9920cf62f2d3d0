using System.Diagnostics.Metrics;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Observability;

/// <summary>What becomes of edits at the engine's door: taken or refused, how long they wait, who gives them up.</summary>
internal sealed class QueueMetrics
{
    private const string Queued = "queued";
    private const string Running = "running";

    private readonly TimeProvider _time;
    private readonly EditQueue _queue;
    private readonly HashSet<(EditPriority Class, string Bucket)> _met = [];
    private readonly SeriesCounter _decisions;
    private readonly SeriesCounter _cancellations;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _cancelLatency;
    private readonly Histogram<double> _predictionError;
    private readonly SeriesCounter _misses;

    public QueueMetrics(IMeterFactory meters, EditQueue queue, TimeProvider time)
    {
        (_queue, _time) = (queue, time);
        Meter meter = meters.Create(Telemetry.Name);
        _decisions = new SeriesCounter(
            meter,
            "idiff.admission.decisions",
            "{edit}",
            "Edits taken and refused, and why.",
            ["decision", "reason"],
            [
                ["accept", null],
                .. Label<Refusal>.All.Select(reason => new[] { "reject", reason }),
            ]
        );
        _cancellations = new SeriesCounter(
            meter,
            "idiff.cancellations",
            "{edit}",
            "Edits that were taken and then given up, by whom, and whether they had begun.",
            ["by", "phase"],
            Label<CancelledBy>.All.SelectMany(by => new[] { new[] { by, Queued }, [by, Running] })
        );
        _misses = new SeriesCounter(
            meter,
            "idiff.deadline.misses",
            "{edit}",
            "Edits that were taken and not done in time, and whether they had begun.",
            ["phase"],
            [
                [Queued],
                [Running],
            ]
        );
        _predictionError = meter.CreateHistogram(
            "idiff.prediction.error",
            "1",
            "Time from joining to the result, over what was predicted: 1 is exact.",
            tags: null,
            Telemetry.Ratios
        );
        meter.CreateObservableUpDownCounter(
            "idiff.queue.depth",
            Depth,
            "{edit}",
            "Edits that wait, by class and canvas."
        );
        meter.CreateObservableGauge("idiff.queue.cost", Cost, "s", "Predicted engine time of what waits.");
        meter.CreateObservableGauge(
            "idiff.queue.oldest.age",
            OldestAge,
            "s",
            "Time that the edit waits which has waited longest; 0 when none does."
        );
        _wait = meter.CreateHistogram(
            "idiff.queue.wait.duration",
            "s",
            "Time between joining the queue and the start of the work, of edits that were begun.",
            tags: null,
            Telemetry.Seconds
        );
        _cancelLatency = meter.CreateHistogram(
            "idiff.cancel.latency",
            "s",
            "Time between giving an edit up and its rows' leaving the engine.",
            tags: null,
            Telemetry.Seconds
        );
    }

    /// <summary>An edit has joined the queue.</summary>
    public void Accepted(EditTicket ticket)
    {
        _decisions.Add("accept", null);
        lock (_met)
        {
            _met.Add((ticket.Options.Priority, Buckets.Of(ticket.Shape.WorkingSize)));
        }
        _ = FollowAsync(ticket);
    }

    /// <summary>An edit was not taken.</summary>
    public void Rejected(Refusal reason) => _decisions.Add("reject", Label<Refusal>.Of(reason));

    /// <summary>An edit that was taken is no longer wanted.</summary>
    public void Cancelled(CancelledBy by, EditTicket ticket) => Cancelled(by, HasBegun(ticket));

    /// <summary>As above, of a job.</summary>
    public void Cancelled(CancelledBy by, bool hasBegun) =>
        _cancellations.Add(Label<CancelledBy>.Of(by), hasBegun ? Running : Queued);

    private async Task FollowAsync(EditTicket ticket)
    {
        long cancelledAt = 0;
        await using CancellationTokenRegistration registration = ticket.CancellationToken.UnsafeRegister(
            _ => Volatile.Write(ref cancelledAt, _time.GetTimestamp()),
            state: null
        );
        try
        {
            await ticket.Completion;
            if (ticket.PredictedTime > TimeSpan.Zero)
            {
                double error = (ticket.QueueTime + ticket.EngineTime) / ticket.PredictedTime;
                _predictionError.Record(error, Class(ticket));
            }
        }
        catch (DeadlineExceededException missed)
        {
            _misses.Add(missed.HasStarted ? Running : Queued);
            Cancelled(CancelledBy.Deadline, missed.HasStarted);
        }
        catch (EngineUnavailableException)
        {
            Cancelled(CancelledBy.Shutdown, ticket);
        }
        catch (OperationCanceledException) when (Volatile.Read(ref cancelledAt) is > 0 and { } at)
        {
            _cancelLatency.Record(_time.GetElapsedTime(at).TotalSeconds);
        }
        catch (Exception)
        {
            // Its caller tells of it.
        }
        if (HasBegun(ticket))
        {
            _wait.Record(ticket.QueueTime.TotalSeconds, Class(ticket));
        }
    }

    // What was met once is reported on when nothing of it waits, as a line that ends is no zero.
    private List<Measurement<int>> Depth()
    {
        var waiting = _queue.Waiting().CountBy(edit => (edit.Priority, Buckets.Of(edit.Size))).ToDictionary();
        lock (_met)
        {
            return
            [
                .. _met.Select(series => new Measurement<int>(
                    waiting.GetValueOrDefault(series),
                    new("class", Label<EditPriority>.Of(series.Class)),
                    new("bucket", series.Bucket)
                )),
            ];
        }
    }

    private IEnumerable<Measurement<double>> Cost() => ByClass(waiting => waiting.Sum(edit => edit.Work.TotalSeconds));

    private IEnumerable<Measurement<double>> OldestAge() =>
        ByClass(waiting => waiting.Select(edit => edit.Waited.TotalSeconds).DefaultIfEmpty().Max());

    private IEnumerable<Measurement<double>> ByClass(Func<IEnumerable<WaitingEdit>, double> value)
    {
        ILookup<EditPriority, WaitingEdit> waiting = _queue.Waiting().ToLookup(edit => edit.Priority);
        return Enum.GetValues<EditPriority>()
            .Select(priority => new Measurement<double>(
                value(waiting[priority]),
                new KeyValuePair<string, object?>("class", Label<EditPriority>.Of(priority))
            ));
    }

    private static bool HasBegun(EditTicket ticket) => ticket.EngineTime > TimeSpan.Zero;

    private static KeyValuePair<string, object?> Class(EditTicket ticket) =>
        new("class", Label<EditPriority>.Of(ticket.Options.Priority));
}
