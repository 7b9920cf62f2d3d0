namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>
/// Since when this server has been able to use the store. While nobody could, nobody could renew a lease either: a lease that
/// ran out then says nothing of its holder. Thread-safe.
/// </summary>
/// <param name="clock">The time.</param>
/// <param name="shortest">Failures for less than this do no harm to leases, and do not count.</param>
internal sealed class StoreAvailability(JobClock clock, TimeSpan shortest)
{
    private readonly Lock _lock = new();
    private DateTimeOffset? _since;
    private DateTimeOffset _last;
    private bool _hasFailed;

    /// <summary>How long the store has been there without an interruption; zero before the first success.</summary>
    public TimeSpan For
    {
        get
        {
            lock (_lock)
            {
                return _since is { } since ? clock.Now - since : TimeSpan.Zero;
            }
        }
    }

    /// <summary>A call succeeded.</summary>
    public void Succeeded()
    {
        lock (_lock)
        {
            DateTimeOffset now = clock.Now;
            if (_since is null || (_hasFailed && now - _last > shortest))
            {
                _since = now;
            }
            _last = now;
            _hasFailed = false;
        }
    }

    /// <summary>A call could not be made.</summary>
    public void Failed()
    {
        lock (_lock)
        {
            _hasFailed = true;
        }
    }
}
