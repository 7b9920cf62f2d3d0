using System.Threading.RateLimiting;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>
/// A token bucket that can be in debt and runs on the server's clock, neither of which the library's can: what an edit costs is
/// known when it is done. It fills evenly, to a period's worth at most.
/// </summary>
internal sealed class CreditLimiter : RateLimiter
{
    private readonly string _reason;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private double _credit;
    private long _filledAt;

    /// <param name="reason">Why somebody is refused, in a sentence.</param>
    /// <param name="capacity">Credit of one period, and at most at once.</param>
    /// <param name="period">The time in which that much comes.</param>
    /// <param name="time">The clock.</param>
    public CreditLimiter(string reason, double capacity, TimeSpan period, TimeProvider time)
    {
        _reason = reason;
        Capacity = capacity;
        Period = period;
        _time = time;
        _credit = capacity;
        _filledAt = time.GetTimestamp();
    }

    /// <summary>Credit of one period.</summary>
    public double Capacity { get; }

    /// <summary>The time in which it comes.</summary>
    public TimeSpan Period { get; }

    /// <summary>What is left; below zero is debt.</summary>
    public double Credit
    {
        get
        {
            lock (_lock)
            {
                Fill();
                return _credit;
            }
        }
    }

    /// <summary>When all of it is back, if nothing more is spent.</summary>
    public TimeSpan TimeUntilFull => TimeFor(Capacity - Credit);

    public override TimeSpan? IdleDuration => null;

    /// <summary>Takes credit whether or not it is there; a negative amount gives some back.</summary>
    public void Spend(double amount)
    {
        lock (_lock)
        {
            Fill();
            _credit = Math.Min(Capacity, _credit - amount);
        }
    }

    public override RateLimiterStatistics? GetStatistics() => null;

    /// <summary>Takes credit if it is there. Nothing can be asked for, too: it is granted to whoever is not in debt.</summary>
    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        lock (_lock)
        {
            Fill();
            double missing = permitCount == 0 ? -_credit : permitCount - _credit;
            if (missing > 0 || (permitCount == 0 && missing == 0))
            {
                return new Lease(_reason, TimeFor(missing));
            }
            _credit -= permitCount;
            return new Lease(reason: null, retryAfter: null);
        }
    }

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(
        int permitCount,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(AttemptAcquireCore(permitCount));

    private TimeSpan TimeFor(double credit) => Period * (credit / Capacity);

    private void Fill()
    {
        long now = _time.GetTimestamp();
        _credit = Math.Min(Capacity, _credit + (Capacity * (_time.GetElapsedTime(_filledAt, now) / Period)));
        _filledAt = now;
    }

    private sealed class Lease(string? reason, TimeSpan? retryAfter) : RateLimitLease
    {
        public override bool IsAcquired => retryAfter is null;

        public override IEnumerable<string> MetadataNames =>
            [MetadataName.RetryAfter.Name, MetadataName.ReasonPhrase.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata =
                metadataName.Equals(MetadataName.RetryAfter.Name, StringComparison.Ordinal) ? retryAfter
                : metadataName.Equals(MetadataName.ReasonPhrase.Name, StringComparison.Ordinal) ? reason
                : null;
            return metadata is not null;
        }
    }
}
