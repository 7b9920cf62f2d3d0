using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

// The engine's side of the queue.
public sealed partial class EditQueue
{
    /// <summary>From now on edits are taken.</summary>
    /// <param name="measure">Tells how much work a request is; any thread will call it.</param>
    internal void Open(Func<EditRequest, ImageSize, EditShape> measure)
    {
        lock (_lock)
        {
            _measure = measure;
            _shut = null;
        }
    }

    /// <summary>From now on edits are refused for this reason; those that wait stay.</summary>
    internal void Shut(string reason, Exception? cause = null) =>
        Shut(() => new EngineUnavailableException(reason, cause));

    /// <summary>From now on edits are refused with these exceptions; those that wait stay.</summary>
    internal void Shut(Func<Exception> refusal)
    {
        lock (_lock)
        {
            _shut = refusal;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>What waits now, oldest first.</summary>
    internal IReadOnlyList<EditTicket> Snapshot()
    {
        lock (_lock)
        {
            return [.. _waiting];
        }
    }

    /// <summary>Takes an edit out to serve it. False if it had left already, because it was given up when others needed its place.</summary>
    internal bool Take(EditTicket ticket)
    {
        lock (_lock)
        {
            if (!_waiting.Remove(ticket))
            {
                return false;
            }
            ticket.QueueTime = _time.SinceStart() - ticket.EnqueuedAt;
            _served.Add(ticket);
            return true;
        }
    }

    /// <summary>The engine tells what it has in hand.</summary>
    internal void Publish(EngineLoad load)
    {
        lock (_lock)
        {
            _load = load;
        }
    }

    /// <summary>Ends every edit that waits.</summary>
    internal void FailWaiting(Func<Exception> error)
    {
        lock (_lock)
        {
            foreach (EditTicket ticket in _waiting)
            {
                ticket.QueueTime = _time.SinceStart() - ticket.EnqueuedAt;
                ticket.Fail(error());
            }
            _waiting.Clear();
        }
    }

    /// <summary>Ends every edit that waits or is being served, without waiting for the engine, which lets go of them when it can.</summary>
    internal void FailAll(Func<Exception> error)
    {
        lock (_lock)
        {
            FailWaiting(error);
            foreach (EditTicket ticket in _served.ToArray())
            {
                ticket.Fail(error());
            }
        }
    }

    /// <summary>Blocks until an edit waits, the queue is shut, or the time is over.</summary>
    internal void WaitForWork(TimeSpan atMost)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && _shut is null)
            {
                Monitor.Wait(_lock, atMost);
            }
        }
    }

    private QueueSituation Situation(bool mayPromise)
    {
        DropOver();
        return new QueueSituation(_time.SinceStart(), _waiting, _load, Experience.Costs.Estimate, mayPromise);
    }

    // The engine drops the cancelled between two steps, which may be seconds apart; a newcomer need not wait for that.
    private void DropOver() =>
        _waiting.RemoveAll(ticket =>
        {
            if (!ticket.IsOver)
            {
                return false;
            }
            ticket.QueueTime = _time.SinceStart() - ticket.EnqueuedAt;
            ticket.Cancel();
            return true;
        });

    private void ThrowIfShut()
    {
        if (_shut is { } refusal)
        {
            throw refusal();
        }
    }

    private Func<EditRequest, ImageSize, EditShape> RequireMeasure()
    {
        lock (_lock)
        {
            if (_measure is null)
            {
                ThrowIfShut();
            }
            return _measure ?? throw new EngineUnavailableException("No model is loaded.");
        }
    }

    private void OnEnded(EditTicket ticket, EditOutcome outcome)
    {
        lock (_lock)
        {
            _served.Remove(ticket);
        }
        if (outcome == EditOutcome.Succeeded)
        {
            Experience.Costs.Ended(ticket.PredictedTime, _time.SinceStart() - ticket.EnqueuedAt);
        }
        Counters.CountEnded(ticket, outcome);
    }

    private static ImageSize SizeOf(EditRequest request) => new(request.Image.Width, request.Image.Height);

    private static RefusalReason? ReasonOf(Exception refusal) =>
        refusal switch
        {
            QueueFullException => RefusalReason.QueueFull,
            DeadlineExceededException => RefusalReason.Deadline,
            TooLargeForMemoryException => RefusalReason.Memory,
            QuarantinedException => RefusalReason.Quarantined,
            EngineUnavailableException or EngineStalledException => RefusalReason.Unavailable,
            _ => null,
        };
}
