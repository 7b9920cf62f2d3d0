namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Whether one more edit may wait. Beside the limits, where several tenants come, none may take so much that nothing is left
/// for another: a tenant's part may be three times what is still free. So one that floods the queue leaves a quarter of it, two
/// leave a seventh, and who comes seldom finds a place. Pure.
/// </summary>
internal readonly record struct QueueRoom
{
    private const int TimesFree = 3;

    private readonly QueueLimits _limits;
    private readonly bool _isShared;
    private readonly Load _all;
    private readonly Load _own;

    private QueueRoom(QueueLimits limits, bool isShared, Load all, Load own)
    {
        _limits = limits;
        _isShared = isShared;
        _all = all;
        _own = own;
    }

    /// <summary>The room that is left beside these edits for a tenant.</summary>
    /// <param name="limits">What may wait.</param>
    /// <param name="waiting">What waits.</param>
    /// <param name="tenant">Who wants to join.</param>
    /// <param name="isShared">True when other tenants come too.</param>
    public static QueueRoom Beside(QueueLimits limits, IEnumerable<EditTicket> waiting, string tenant, bool isShared)
    {
        var room = new QueueRoom(limits, isShared, default, default);
        return waiting.Aggregate(room, (sum, ticket) => sum.Changed(ticket, tenant, 1));
    }

    /// <summary>The most that one tenant gets of so many places while the others leave the rest free.</summary>
    public static int LargestShare(int places) => (places * TimesFree + TimesFree) / (TimesFree + 1);

    /// <summary>The room when this edit has begun.</summary>
    public QueueRoom Without(EditTicket ticket, string tenant) => Changed(ticket, tenant, -1);

    /// <summary>In words, which limit is reached; null when there is room.</summary>
    /// <param name="pixels">Source pixels of the edit that wants to join.</param>
    /// <param name="seconds">Its predicted work.</param>
    /// <param name="held">Places held for those who come back.</param>
    public string? Refusal(double pixels, double seconds, HeldPlaces held)
    {
        if (!Fits(_all.Edits + held.Own + held.Others, _own.Edits + held.Own, 1, _limits.Capacity))
        {
            return $"at most {_limits.Capacity}";
        }
        if (_all.Edits == 0)
        {
            return null; // one that exceeds the other limits by itself still gets its turn
        }
        if (!Fits(_all.Pixels, _own.Pixels, pixels, _limits.MaxPixels))
        {
            return $"at most {_limits.MaxPixels} pixels in all";
        }
        return Fits(_all.Seconds, _own.Seconds, seconds, _limits.MaxWork.TotalSeconds)
            ? null
            : $"at most {_limits.MaxWork.TotalSeconds:0} s of work in all";
    }

    private bool Fits(double all, double own, double more, double most) =>
        all + more <= most && (!_isShared || own < TimesFree * (most - all));

    private QueueRoom Changed(EditTicket ticket, string tenant, int sign)
    {
        var load = new Load(sign, sign * (double)ticket.SourcePixels, sign * ticket.PredictedWork.TotalSeconds);
        bool isOwn = ticket.Options.Tenant.Equals(tenant, StringComparison.Ordinal);
        return new QueueRoom(_limits, _isShared, _all + load, isOwn ? _own + load : _own);
    }

    private readonly record struct Load(int Edits, double Pixels, double Seconds)
    {
        public static Load operator +(Load a, Load b) =>
            new(a.Edits + b.Edits, a.Pixels + b.Pixels, a.Seconds + b.Seconds);
    }
}

/// <summary>Places that are free and held.</summary>
/// <param name="Own">For the tenant that asks, and later.</param>
/// <param name="Others">For other tenants.</param>
internal readonly record struct HeldPlaces(int Own, int Others);
