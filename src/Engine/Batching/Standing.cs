namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Who deserves the engine how much. The rank is in seconds, the lowest goes first: what the tenant has had, and what the class
/// is worth. Urgent edits go before all, by their deadlines. Pure.
/// </summary>
internal sealed class Standing(BatchState state)
{
    private readonly HashSet<EditTicket> _urgent = Deadlines.Urgent(state);
    private readonly EditClasses _classes = new(
        state.Running.Select(edit => edit.Ticket).Concat(state.Waiting),
        state.Now,
        state.Limits.Ageing
    );

    /// <summary>True when it must go now lest it be late.</summary>
    public bool IsUrgent(EditTicket ticket) => _urgent.Contains(ticket);

    /// <summary>As <see cref="EditClasses"/> has it; below 0 when urgent.</summary>
    public int ClassOf(EditTicket ticket) => IsUrgent(ticket) ? -1 : _classes.Of(ticket);

    /// <summary>The lowest goes first.</summary>
    public double RankOf(EditTicket ticket) =>
        IsUrgent(ticket)
            ? double.NegativeInfinity
            : state.Ledger.Of(ticket.Options.Tenant) + _classes.Of(ticket) * state.Limits.Ageing.TotalSeconds;
}
