namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// How much engine time each tenant has had, as virtual time: who has the least goes first. Who comes back keeps what it left
/// to the others while it was away, up to two edits' work, so that one that asks seldom is served at once; who was never here
/// before starts level with the one that has had the least, ahead by its part of its first edit. Used by one thread.
/// </summary>
internal sealed class TenantLedger
{
    private const int MostAbsent = 1_000;
    private const int MostEditsAhead = 2;

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
    /// <param name="tenants">Each with the work of its first edit in seconds.</param>
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
                _used[tenant] = _used.TryGetValue(tenant, out double before)
                    ? Math.Max(before, _floor - MostEditsAhead * work)
                    : _floor - (stayed.Length == 0 ? 0 : work / tenants.Count);
            }
        }
        _present = new HashSet<string>(tenants.Keys, StringComparer.Ordinal);
        ForgetAbsent();
    }

    /// <summary>Engine time was spent on a tenant's edits.</summary>
    public void Charge(string tenant, double seconds) => _used[tenant] = Of(tenant) + seconds;

    // Those furthest behind have the least to lose: their lead is bounded.
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
