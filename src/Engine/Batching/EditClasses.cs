namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// The classes of edits at one moment, 0 for the highest. Waiting lifts an edit one class in each ageing time, up to the best that
/// its own tenant asks for: so that nothing starves behind its tenant's more urgent work, and a backlog gains nothing against
/// other tenants by its age. Pure.
/// </summary>
internal sealed class EditClasses
{
    private readonly TimeSpan _now;
    private readonly TimeSpan _ageing;
    private readonly Dictionary<string, int> _best;

    /// <param name="edits">All that wait or run.</param>
    /// <param name="now">The queue's clock.</param>
    /// <param name="ageing">Waiting time worth one class.</param>
    public EditClasses(IEnumerable<EditTicket> edits, TimeSpan now, TimeSpan ageing)
    {
        _now = now;
        _ageing = ageing;
        _best = edits
            .GroupBy(ticket => ticket.Options.Tenant, StringComparer.Ordinal)
            .ToDictionary(tenant => tenant.Key, tenant => tenant.Min(Asked), StringComparer.Ordinal);
    }

    /// <summary>The class of one of the edits.</summary>
    public int Of(EditTicket ticket)
    {
        int asked = Asked(ticket);
        int best = _best.GetValueOrDefault(ticket.Options.Tenant, asked);
        int lifted = (int)Math.Min((_now - ticket.EnqueuedAt) / _ageing, (double)EditPriority.Batch);
        return Math.Max(asked - lifted, best);
    }

    private static int Asked(EditTicket ticket) => (int)ticket.Options.Priority;
}
