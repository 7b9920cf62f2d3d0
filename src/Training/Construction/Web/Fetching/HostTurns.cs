using System.Collections.Concurrent;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>Who may ask a host: one at a time, and not before some time after the one before.</summary>
/// <param name="time">Measures it, and waits.</param>
internal sealed class HostTurns(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Host> _hosts = new(StringComparer.Ordinal);

    /// <summary>Waits for the turn, asks, and lets the next one wait.</summary>
    /// <param name="host">See <see cref="WebAddress.HostOf"/>.</param>
    /// <param name="delay">Time from the end of this request to the beginning of the next.</param>
    /// <param name="ask">The request.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<T> TakeAsync<T>(
        string host,
        TimeSpan delay,
        Func<Task<T>> ask,
        CancellationToken cancellationToken
    )
    {
        Host turns = _hosts.GetOrAdd(host, _ => new Host());
        await turns.One.WaitAsync(cancellationToken);
        try
        {
            // A host that asked for a pause meanwhile has moved it on.
            while (turns.NotBefore - time.GetUtcNow() is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, time, cancellationToken);
            }
            try
            {
                return await ask();
            }
            finally
            {
                turns.PutOff(time.GetUtcNow() + delay);
            }
        }
        finally
        {
            turns.One.Release();
        }
    }

    /// <summary>Nobody asks a host for some time.</summary>
    public void Pause(string host, TimeSpan wait) =>
        _hosts.GetOrAdd(host, _ => new Host()).PutOff(time.GetUtcNow() + wait);

    // A semaphore without a wait handle holds nothing that needs freeing.
    private sealed class Host
    {
        private readonly Lock _moving = new();
        private DateTimeOffset _notBefore = DateTimeOffset.MinValue;

        public SemaphoreSlim One { get; } = new(1);

        public DateTimeOffset NotBefore
        {
            get
            {
                lock (_moving)
                {
                    return _notBefore;
                }
            }
        }

        public void PutOff(DateTimeOffset until)
        {
            lock (_moving)
            {
                _notBefore = until > _notBefore ? until : _notBefore;
            }
        }
    }
}
