namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// How much engine time each tenant has had, as virtual time: who has the least goes first. Time is counted only against
/// tenants that are there at the same time: who was away starts level with the one that has had the least, a little ahead for
/// what it left to the others, and gains nothing by going and coming back. Used by one thread.
/// </summary>
internal sealed class TenantLedger
{
    private const int MostAbsent = 1_000;

    private readonly Dictionary<string, double> _used = new(StringComparer.Ordinal);
    private HashSet<string> _present = new(StringComparer.Ordinal);
    private double _floor;

    /// <summary>Tenants that have edits waiting or running.</summary>
    public int Present => _present.Count;

    /// <summary>Virtual seconds that a tenant has had.</summary>
    public double Of(string tenant) => _used.GetValueOrDefault(tenant, _floor);

    /// <summary>Virtual seconds of every tenant that is present.</summary>
    public Dictionary<string, double> Snapshot() => _present.ToDictionary(tenant => tenant, Of, StringComparer.Ordinal);

    /// <summary>Says who has edits now.</summary>
    /// <param name="tenants">Each with the work of its first edit in seconds, of which a newcomer gets its part as a lead.</param>
    public void Meet(IReadOnlyDictionary<string, double> tenants)
    {
        string[] stayed = [.. _present.Where(tenants.ContainsKey)];
        if (stayed.Length > 0)
        {
            _floor = Math.Max(_floor, stayed.Min(Of));
        }
        foreach ((string tenant, double work) in tenants)
        {
            if (!_present.Contains(tenant))
            {
                // Its fair part of the engine while its first edit lasts, had it been here already with the others.
                double lead = stayed.Length == 0 ? 0 : work / tenants.Count;
                _used[tenant] = Math.Max(_used.GetValueOrDefault(tenant, double.NegativeInfinity), _floor - lead);
            }
        }
        _present = new HashSet<string>(tenants.Keys, StringComparer.Ordinal);
        ForgetAbsent();
    }

    /// <summary>Engine time was spent on a tenant's edits.</summary>
    public void Charge(string tenant, double seconds) => _used[tenant] = Of(tenant) + seconds;

    // What an absent tenant has had matters only while it is above the floor; the furthest behind go first.
    private void ForgetAbsent()
    {
        int tooMany = _used.Count - _present.Count - MostAbsent;
        if (tooMany <= 0)
        {
            return;
        }
        string[] forgotten = [.. _used.Keys.Where(tenant => !_present.Contains(tenant)).OrderBy(Of).Take(tooMany)];
        Array.ForEach(forgotten, tenant => _used.Remove(tenant));
    }
}
