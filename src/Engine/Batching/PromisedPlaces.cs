namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Places in the queue that refused callers were told to come back for. A place is held for its tenant from the moment named
/// and for a short while after, so that who waits as told is not overtaken by who did not. Not thread-safe.
/// </summary>
/// <param name="most">Most promises at once; later callers are told a time, but no place is held.</param>
internal sealed class PromisedPlaces(int most)
{
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeldWhileUploading = TimeSpan.FromSeconds(60);

    private readonly List<Promise> _promises = [];

    /// <summary>Places promised, due or not.</summary>
    public int CountAt(TimeSpan now)
    {
        _promises.RemoveAll(promise => promise.Until <= now);
        return _promises.Count;
    }

    /// <summary>Places promised for moments before this one, by tenant.</summary>
    public IReadOnlyDictionary<string, int> CountBefore(TimeSpan moment) =>
        _promises
            .Where(promise => promise.From < moment)
            .CountBy(promise => promise.Tenant, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);

    /// <summary>True when this tenant may take a place promised to it.</summary>
    public bool IsDue(string tenant, TimeSpan now) => FindDue(tenant, now) >= 0;

    /// <summary>The tenant has come: its place is held until its picture has arrived.</summary>
    public void Extend(string tenant, TimeSpan now)
    {
        int index = FindDue(tenant, now);
        if (index >= 0)
        {
            _promises[index] = _promises[index] with { Until = now + HeldWhileUploading };
        }
    }

    /// <summary>The tenant takes its place.</summary>
    public void Keep(string tenant, TimeSpan now)
    {
        int index = FindDue(tenant, now);
        if (index >= 0)
        {
            _promises.RemoveAt(index);
        }
    }

    /// <summary>Promises a place.</summary>
    public void Add(string tenant, TimeSpan at)
    {
        // Who asks again and again must not hold every place.
        int own = _promises.Count(promise => promise.Tenant.Equals(tenant, StringComparison.Ordinal));
        if (own < 3 * (most - _promises.Count))
        {
            _promises.Add(new Promise(tenant, at - Early, at + Held));
        }
    }

    private int FindDue(string tenant, TimeSpan now) =>
        _promises.FindIndex(promise =>
            promise.From <= now && now < promise.Until && promise.Tenant.Equals(tenant, StringComparison.Ordinal)
        );

    private readonly record struct Promise(string Tenant, TimeSpan From, TimeSpan Until);
}
