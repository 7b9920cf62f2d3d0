using System.Diagnostics.CodeAnalysis;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// The edits that wait for one engine, first come, first served; bounded in number and in pixels held. Any thread may enqueue,
/// the engine's thread alone takes out. Shut until the engine opens it.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is a queue, of edits.")]
public sealed class EditQueue
{
    private readonly object _lock = new();
    private readonly List<EditTicket> _waiting = [];
    private readonly TimeProvider _time;
    private string? _shutReason = "The model is being loaded.";
    private Exception? _shutCause;

    /// <summary>An empty queue, still shut.</summary>
    /// <param name="capacity">Most edits that may wait, at least 1.</param>
    /// <param name="maxPixels">Most source pixels that may wait in all; one edit may exceed it when nothing else waits.</param>
    /// <param name="time">The clock of <see cref="EditTicket.QueueTime"/>.</param>
    public EditQueue(int capacity, long maxPixels, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPixels, 1);
        ArgumentNullException.ThrowIfNull(time);
        Capacity = capacity;
        MaxPixels = maxPixels;
        _time = time;
    }

    /// <summary>Most edits that may wait.</summary>
    public int Capacity { get; }

    /// <summary>Most source pixels that may wait in all.</summary>
    public long MaxPixels { get; }

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
    /// <exception cref="QueueFullException">The queue is full, and stays as it was.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    public void Enqueue(EditTicket ticket)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        lock (_lock)
        {
            ThrowIfRefused(PixelsOf(ticket));
            ticket.EnqueuedAt = _time.GetTimestamp();
            _waiting.Add(ticket);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Throws what <see cref="Enqueue"/> would throw for an edit of no size, so that a caller can refuse before it reads a picture.</summary>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    public void ThrowIfRefused()
    {
        lock (_lock)
        {
            ThrowIfRefused(pixels: 0);
        }
    }

    /// <summary>From now on edits are taken.</summary>
    internal void Open()
    {
        lock (_lock)
        {
            _shutReason = null;
            _shutCause = null;
        }
    }

    /// <summary>From now on edits are refused for this reason; those that wait stay.</summary>
    internal void Shut(string reason, Exception? cause = null)
    {
        lock (_lock)
        {
            _shutReason = reason;
            _shutCause = cause;
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

    /// <summary>Takes an edit out. False if it had left already, because it was cancelled when others needed its place.</summary>
    internal bool Remove(EditTicket ticket)
    {
        lock (_lock)
        {
            return _waiting.Remove(ticket);
        }
    }

    /// <summary>Takes all out.</summary>
    internal IReadOnlyList<EditTicket> RemoveAll()
    {
        lock (_lock)
        {
            EditTicket[] all = [.. _waiting];
            _waiting.Clear();
            return all;
        }
    }

    /// <summary>Blocks until an edit waits, the queue is shut, or the time is over.</summary>
    internal void WaitForWork(TimeSpan atMost)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0 && _shutReason is null)
            {
                Monitor.Wait(_lock, atMost);
            }
        }
    }

    private void ThrowIfRefused(long pixels)
    {
        if (_shutReason is not null)
        {
            throw new EngineUnavailableException(_shutReason, _shutCause);
        }
        if (Refusal(pixels) is not null)
        {
            DropCancelled();
        }
        if (Refusal(pixels) is { } limit)
        {
            throw new QueueFullException(_waiting.Count, limit);
        }
    }

    private string? Refusal(long pixels)
    {
        if (_waiting.Count >= Capacity)
        {
            return $"at most {Capacity}";
        }
        return _waiting.Count > 0 && _waiting.Sum(PixelsOf) + pixels > MaxPixels
            ? $"at most {MaxPixels} pixels in all"
            : null;
    }

    // The engine drops the cancelled between two steps, which may be seconds apart; a newcomer need not wait for that.
    private void DropCancelled()
    {
        _waiting.RemoveAll(ticket =>
        {
            if (!ticket.IsCancelled)
            {
                return false;
            }
            ticket.Cancel();
            return true;
        });
    }

    private static long PixelsOf(EditTicket ticket) => (long)ticket.Request.Image.Width * ticket.Request.Image.Height;
}
