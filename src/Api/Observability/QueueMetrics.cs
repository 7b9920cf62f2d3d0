using System.Diagnostics.Metrics;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Observability;

/// <summary>What becomes of edits at the engine's door: taken or refused, how long they wait, who gives them up.</summary>
internal sealed class QueueMetrics
{
    private const string Queued = "queued";
    private const string Running = "running";

    private readonly TimeProvider _time;
    private readonly SeriesCounter _decisions;
    private readonly SeriesCounter _cancellations;
    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _cancelLatency;

    public QueueMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
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

    private static bool HasBegun(EditTicket ticket) => ticket.EngineTime > TimeSpan.Zero;

    private static KeyValuePair<string, object?> Class(EditTicket ticket) =>
        new("class", Label<EditPriority>.Of(ticket.Options.Priority));
}
