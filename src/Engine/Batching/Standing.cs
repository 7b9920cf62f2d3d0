namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Who deserves the engine how much. The rank is in seconds, the lowest goes first: what the tenant has had, and what its class
/// is worth; an edit that waits rises by one class in each <see cref="BatchLimits.Ageing"/>. Urgent edits go before all, by
/// their deadlines. Pure.
/// </summary>
internal sealed class Standing(BatchState state)
{
    private readonly HashSet<EditTicket> _urgent = Deadlines.Urgent(state);

    /// <summary>True when it must go now lest it be late.</summary>
    public bool IsUrgent(EditTicket ticket) => _urgent.Contains(ticket);

    /// <summary>0 for the highest class, risen by waiting; below 0 when urgent.</summary>
    public int ClassOf(EditTicket ticket) => IsUrgent(ticket) ? -1 : ClassOf(ticket, state.Now, state.Limits.Ageing);

    /// <summary>The lowest goes first.</summary>
    public double RankOf(EditTicket ticket) =>
        IsUrgent(ticket)
            ? double.NegativeInfinity
            : state.Ledger.Of(ticket.Options.Tenant) + ClassOf(ticket) * state.Limits.Ageing.TotalSeconds;

    /// <summary>The class of an edit at this time.</summary>
    public static int ClassOf(EditTicket ticket, TimeSpan now, TimeSpan ageing)
    {
        int risen = (int)Math.Min((now - ticket.EnqueuedAt) / ageing, (double)EditPriority.Batch);
        return Math.Max((int)ticket.Options.Priority - risen, (int)EditPriority.Interactive);
    }
}
