using System.Diagnostics.CodeAnalysis;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// The edits that wait for one engine; bounded in number, in pixels held and in predicted work. Any thread may enqueue, the
/// engine's thread alone takes out. Shut until the engine opens it.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue, of edits.")]
public sealed partial class EditQueue
{
    private readonly object _lock = new();
    private readonly List<EditTicket> _waiting = [];
    private readonly HashSet<EditTicket> _served = [];
    private readonly BatchLimits _batch;
    private readonly QueueGate _gate;
    private readonly TimeProvider _time;
    private Func<EditRequest, ImageSize, EditShape>? _measure;
    private EngineLoad _load = EngineLoad.None;
    private Func<Exception>? _shut;

    /// <summary>An empty queue, still shut.</summary>
    /// <param name="limits">How much may wait.</param>
    /// <param name="batch">How much the engine does at once, for predictions.</param>
    /// <param name="time">The clock of all predictions and measurements.</param>
    public EditQueue(QueueLimits limits, BatchLimits batch, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(time);
        if (limits is not { Capacity: >= 1, MaxPixels: >= 1, MaxWork.Ticks: > 0 })
        {
            throw new ArgumentOutOfRangeException(nameof(limits), $"every limit must be above 0, got {limits}");
        }
        Limits = limits;
        Experience = new EngineExperience(time);
        _batch = batch;
        _time = time;
        _gate = new QueueGate(limits, batch, Experience);
        Shut("The model is being loaded.");
    }

    /// <summary>How much may wait.</summary>
    public QueueLimits Limits { get; }

    /// <summary>Most edits that may wait.</summary>
    public int Capacity => Limits.Capacity;

    /// <summary>What this queue and its engine have done.</summary>
    public EngineCounters Counters => Experience.Counters;

    /// <summary>What this queue and its engine have learned.</summary>
    internal EngineExperience Experience { get; }

    /// <summary>Edits that wait now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Adds an edit at the end.</summary>
    /// <exception cref="InvalidEditException">The model cannot do it.</exception>
    /// <exception cref="QueueFullException">The queue is full, and stays as it was.</exception>
    /// <exception cref="DeadlineExceededException">It could not be done within its time limit.</exception>
    /// <exception cref="TooLargeForMemoryException">It does not fit into the device's memory.</exception>
    /// <exception cref="QuarantinedException">The same request broke the engine before.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    /// <exception cref="EngineStalledException">The engine does not answer now.</exception>
    public void Enqueue(EditTicket ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        try
        {
            ticket.Shape = RequireMeasure()(ticket.Request, SizeOf(ticket.Request));
            Experience.Quarantine.ThrowIfHeld(ticket.Request);
            lock (_lock)
            {
                ThrowIfShut();
                QueueSituation now = Situation(mayPromise: true);
                ticket.EnqueuedAt = now.Now;
                if (_gate.Refusal(ticket, now) is { } refusal)
                {
                    throw refusal;
                }
                _gate.Joined(ticket, now.Now);
                ticket.Ended = OnEnded;
                _waiting.Add(ticket);
                Counters.CountAccepted();
                Monitor.PulseAll(_lock);
            }
        }
        catch (Exception refusal) when (ReasonOf(refusal) is { } reason)
        {
            Counters.CountRefused(reason);
            throw;
        }
    }

    /// <summary>Throws what <see cref="Enqueue"/> would throw for an edit of no size, so that a caller can refuse before it reads a picture.</summary>
    /// <param name="tenant">Who asks.</param>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    /// <exception cref="EngineStalledException">The engine does not answer now.</exception>
    public void ThrowIfRefused(string tenant = "")
    {
        try
        {
            lock (_lock)
            {
                ThrowIfShut();
                if (_gate.FullFor(tenant, Situation(mayPromise: true)) is { } full)
                {
                    throw full;
                }
            }
        }
        catch (Exception refusal) when (ReasonOf(refusal) is { } reason)
        {
            Counters.CountRefused(reason);
            throw;
        }
    }

    /// <summary>What would become of an edit; nothing is changed by asking.</summary>
    /// <param name="request">What would be asked; its picture is not looked at.</param>
    /// <param name="source">Size of the picture.</param>
    /// <param name="options">How it would want to be served.</param>
    /// <param name="count">So many of them side by side, at least 1.</param>
    /// <exception cref="InvalidEditException">The model cannot do it.</exception>
    /// <exception cref="EngineUnavailableException">No model is loaded.</exception>
    public EditEstimate Estimate(EditRequest request, ImageSize source, EditTicketOptions options, int count = 1)
    {
        EditShape shape = RequireMeasure()(request, source);
        lock (_lock)
        {
            QueueSituation now = Situation(mayPromise: false);
            Exception? refusal = _shut?.Invoke();
            List<EditTicket> asked = [];
            for (int i = 0; i < count; i++)
            {
                var ticket = new EditTicket(request, options) { SourcePixels = source.PixelCount };
                (ticket.Shape, ticket.EnqueuedAt) = (shape, now.Now);
                refusal ??= _gate.Refusal(ticket, now);
                ticket.PredictedWork = TimeSpan.FromSeconds(now.Costs.Work(shape));
                asked.Add(ticket);
                now = now.With(ticket);
            }
            IReadOnlyDictionary<EditTicket, ForecastTimes> times = now.Forecast(_batch);
            return new EditEstimate(
                shape,
                count * TimeSpan.FromSeconds(now.Costs.Work(shape)),
                TimeSpan.FromSeconds(asked.Min(ticket => times[ticket].Begin)),
                TimeSpan.FromSeconds(asked.Max(ticket => times[ticket].End)),
                refusal
            );
        }
    }

    /// <summary>What waits, oldest first, without a name to any of it.</summary>
    public IReadOnlyList<WaitingEdit> Waiting()
    {
        lock (_lock)
        {
            TimeSpan now = _time.SinceStart();
            return
            [
                .. _waiting.Select(ticket => new WaitingEdit(
                    ticket.Options.Priority,
                    ticket.Shape.WorkingSize,
                    ticket.PredictedWork,
                    now - ticket.EnqueuedAt
                )),
            ];
        }
    }

    /// <summary>What waits and runs, as this tenant may see it.</summary>
    public QueueView Look(string tenant)
    {
        lock (_lock)
        {
            QueueSituation now = Situation(mayPromise: false);
            IReadOnlyDictionary<EditTicket, ForecastTimes> times = now.Forecast(_batch);
            return new QueueView
            {
                Waiting = Enum.GetValues<EditPriority>().ToDictionary(priority => priority, Depth),
                Running = _served.Count,
                DrainRate = now.Costs.Gain,
                TimeUntilEmpty = TimeSpan.FromSeconds(times.Values.Select(time => time.End).DefaultIfEmpty().Max()),
                EditError = Experience.Costs.Edits.Read(),
                StepError = Experience.Costs.Steps.Read(),
                Own =
                [
                    .. times
                        .Where(edit => edit.Key.Options.Tenant.Equals(tenant, StringComparison.Ordinal))
                        .OrderBy(edit => edit.Value.End)
                        .Select(edit => new OwnEdit(
                            edit.Key,
                            _served.Contains(edit.Key),
                            TimeSpan.FromSeconds(edit.Value.Begin),
                            TimeSpan.FromSeconds(edit.Value.End)
                        )),
                ],
            };
        }

        QueueDepth Depth(EditPriority priority)
        {
            EditTicket[] edits = [.. _waiting.Where(ticket => ticket.Options.Priority == priority)];
            return new QueueDepth(
                edits.Length,
                TimeSpan.FromSeconds(edits.Sum(ticket => ticket.PredictedWork.TotalSeconds))
            );
        }
    }
}
