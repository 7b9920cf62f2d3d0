using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Decides whether an edit may join the queue: memory, room, time. What is refused is refused at once and told when to come
/// back. Not thread-safe: the queue's lock is held.
/// </summary>
internal sealed class QueueGate(QueueLimits limits, BatchLimits batch, EngineExperience known)
{
    // What is promised is kept with this much in hand.
    private const double Margin = 1.1;

    // Without a measurement for this long, the machine may have become faster: only trying tells.
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(1);

    // Tenants seen within this time share the queue.
    private static readonly TimeSpan SharedWith = TimeSpan.FromMinutes(10);
    private const int MostTenants = 1_000;

    private readonly PromisedPlaces _promised = new(limits.Capacity);
    private readonly Dictionary<string, TimeSpan> _seen = new(StringComparer.Ordinal);

    /// <summary>Why an edit of this tenant could not join, whatever it is; null when it may.</summary>
    public QueueFullException? FullFor(string tenant, QueueSituation now)
    {
        QueueFullException? full = Full(tenant, 0, 0, now);
        if (full is null)
        {
            _promised.Extend(tenant, now.Now);
        }
        return full;
    }

    /// <summary>Why this edit may not join; null when it may. Its predictions are noted in it.</summary>
    /// <param name="ticket">Measured; not yet in the queue.</param>
    /// <param name="now">What waits and runs.</param>
    public Exception? Refusal(EditTicket ticket, QueueSituation now)
    {
        EditShape shape = ticket.Shape;
        double sureness = now.Costs.IsMeasured(shape) ? 1 : now.Costs.AtLeast(shape);
        ticket.PredictedWork = TimeSpan.FromSeconds(now.Costs.Work(shape) * sureness);
        if (TooLarge(shape) is { } reason)
        {
            return new TooLargeForMemoryException($"This edit does not fit: {reason}.");
        }
        if (Full(ticket.Options.Tenant, ticket.SourcePixels, ticket.PredictedWork.TotalSeconds, now) is { } full)
        {
            return full;
        }
        IReadOnlyDictionary<EditTicket, ForecastTimes> times = now.Forecast(batch, ticket);
        ticket.PredictedTime = TimeSpan.FromSeconds(times[ticket].End);
        if (TooLate(ticket, times, now, now.Round(batch)) is { } late)
        {
            return late;
        }
        return null;
    }

    /// <summary>The edit joins: a place that was promised to its tenant is taken.</summary>
    public void Joined(EditTicket ticket, TimeSpan now) => _promised.Keep(ticket.Options.Tenant, now);

    /// <summary>In words, why an edit of this shape never fits; null when it may.</summary>
    private string? TooLarge(EditShape shape) =>
        shape.StepPixels > limits.MaxPixelsPerEdit
            ? $"{shape.Rows} rows of {shape.WorkingSize} are {shape.StepPixels} pixels in each step, at most {limits.MaxPixelsPerEdit} are allowed"
            : known.Memory.Refusal(shape);

    private QueueFullException? Full(string tenant, double pixels, double seconds, QueueSituation now)
    {
        bool isShared = IsShared(tenant, now.Now);
        var room = QueueRoom.Beside(limits, now.Waiting, tenant, isShared);
        int held = _promised.CountAt(now.Now);
        bool isDue = _promised.IsDue(tenant, now.Now);
        string? limit = room.Refusal(pixels, seconds, default);
        if (limit is null && held > 0 && !isDue)
        {
            limit = room.Refusal(pixels, seconds, HeldAgainst(tenant, isShared, now));
        }
        if (limit is null)
        {
            return null;
        }
        double wait = SecondsUntilRoom(tenant, pixels, seconds, room, held, now);
        var retryAfter = TimeSpan.FromSeconds(
            Math.Clamp(Math.Ceiling(wait * Margin), 1, QueueLimits.LongestWait.TotalSeconds)
        );
        // Who is told to come back before its place is free will be told again.
        if (now.MayPromise && wait * Margin <= QueueLimits.LongestWait.TotalSeconds)
        {
            _promised.Add(tenant, now.Now + retryAfter);
        }
        return new QueueFullException(now.Waiting.Count, limit, retryAfter);
    }

    // Who joins now and has begun before a promised place is wanted takes it from nobody. What is held for a tenant is part of
    // its share of the queue: it keeps no other tenant out of the rest.
    private HeldPlaces HeldAgainst(string tenant, bool isShared, QueueSituation now)
    {
        IReadOnlyDictionary<string, int> held = _promised.CountBefore(
            now.Now + TimeSpan.FromSeconds(now.BeginOfNext(batch))
        );
        int most = isShared ? QueueRoom.LargestShare(limits.Capacity) : limits.Capacity;
        int others = held.Where(promises => !promises.Key.Equals(tenant, StringComparison.Ordinal))
            .Sum(promises => Math.Clamp(most - now.WaitingOf(promises.Key), 0, promises.Value));
        return new HeldPlaces(held.GetValueOrDefault(tenant), others);
    }

    // Edits begin in the order of the forecast, and every place promised before takes one of those that come free.
    private double SecondsUntilRoom(
        string tenant,
        double pixels,
        double seconds,
        QueueRoom room,
        int held,
        QueueSituation now
    )
    {
        IReadOnlyDictionary<EditTicket, ForecastTimes> times = now.Forecast(batch);
        double last = 0;
        foreach (EditTicket next in now.Waiting.OrderBy(ticket => times[ticket].Begin))
        {
            room = room.Without(next, tenant);
            last = times[next].Begin;
            if (room.Refusal(pixels, seconds, new HeldPlaces(Own: held, Others: 0)) is null)
            {
                return last;
            }
        }
        double between = now.Waiting.Count == 0 ? 1 : last / now.Waiting.Count;
        return last + between * (held + 1);
    }

    private static DeadlineExceededException? TooLate(
        EditTicket ticket,
        IReadOnlyDictionary<EditTicket, ForecastTimes> times,
        QueueSituation now,
        double round
    )
    {
        if (ticket.Options.TimeLimit is not { } limit)
        {
            return null;
        }
        bool isSure = now.Costs.IsMeasured(ticket.Shape) && now.Now - now.Costs.MeasuredAt < Stale;
        double factor = isSure ? Margin : now.Costs.AtLeast(ticket.Shape);
        double needed =
            ticket.Options.OnDeadline == DeadlineAction.Partial
                ? times[ticket].Begin + now.Costs.Work(ticket.Shape with { Steps = 1 })
                : times[ticket].End;
        if (needed * factor + (isSure ? round : 0) > limit.TotalSeconds)
        {
            return DeadlineExceededException.Foreseen(limit, TimeSpan.FromSeconds(needed));
        }
        // Its own deadline may make it go first: nobody who was accepted may be late for that.
        bool harmsNobody =
            times.Keys.All(other => other == ticket || !IsLate(other, times, now))
            || Deadlines.CanBeMet(now.WithDeadlines(ticket), Margin, round);
        return harmsNobody ? null : DeadlineExceededException.Foreseen(limit, TimeSpan.FromSeconds(needed));
    }

    private static bool IsLate(
        EditTicket ticket,
        IReadOnlyDictionary<EditTicket, ForecastTimes> times,
        QueueSituation now
    ) => ticket.Deadline is { } deadline && now.Now + TimeSpan.FromSeconds(times[ticket].End) > deadline;

    private bool IsShared(string tenant, TimeSpan now)
    {
        _seen[tenant] = now;
        if (_seen.Count > 1)
        {
            foreach (
                string gone in _seen.Where(seen => now - seen.Value > SharedWith).Select(seen => seen.Key).ToArray()
            )
            {
                _seen.Remove(gone);
            }
        }
        if (_seen.Count > MostTenants)
        {
            _seen.Remove(_seen.MinBy(seen => seen.Value).Key);
        }
        // Who has a name is one of several, whether or not the others have come yet.
        return _seen.Count > 1 || tenant.Length > 0;
    }
}
