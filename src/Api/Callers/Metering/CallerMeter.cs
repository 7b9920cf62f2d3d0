using System.Globalization;
using System.Threading.RateLimiting;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>What somebody has used of what it may.</summary>
internal sealed class CallerMeter : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ConcurrencyLimiter? _concurrency;
    private readonly RateLimiter? _chain;

    public CallerMeter(CallerLimits limits, TimeProvider time)
    {
        Limits = limits;
        if (limits.ConcurrentRequests is { } concurrent)
        {
            _concurrency = new ConcurrencyLimiter(
                new ConcurrencyLimiterOptions { PermitLimit = concurrent, QueueLimit = 0 }
            );
        }
        if (limits.RequestsPerMinute is { } requests)
        {
            Requests = new CreditLimiter($"At most {requests} requests a minute are served.", requests, Minute, time);
        }
        if (limits.EngineSecondsPerMinute is { } seconds)
        {
            Engine = new CreditLimiter(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"At most {seconds} seconds of the engine's time a minute are given, and more were used."
                ),
                seconds,
                Minute,
                time
            );
        }
        // Who is refused for too many at once has not used up one of its requests.
        RateLimiter[] limiters = [.. new RateLimiter?[] { _concurrency, Requests }.OfType<RateLimiter>()];
        _chain = limiters.Length == 0 ? null : RateLimiter.CreateChained(limiters);
    }

    /// <summary>What it may use.</summary>
    public CallerLimits Limits { get; }

    /// <summary>Requests; null for no bound.</summary>
    public CreditLimiter? Requests { get; }

    /// <summary>Seconds of the engine's time; null for no bound.</summary>
    public CreditLimiter? Engine { get; }

    /// <summary>True when a new meter would say the same.</summary>
    public bool IsIdle =>
        IsFull(Requests)
        && IsFull(Engine)
        && (_concurrency is null || _concurrency.GetStatistics()!.CurrentAvailablePermits == Limits.ConcurrentRequests);

    /// <summary>Asks for one request to be served; null when nothing bounds it.</summary>
    public RateLimitLease? Acquire() => _chain?.AttemptAcquire();

    public void Dispose()
    {
        _chain?.Dispose();
        _concurrency?.Dispose();
        Requests?.Dispose();
        Engine?.Dispose();
    }

    private static bool IsFull(CreditLimiter? limiter) => limiter is null || limiter.Credit >= limiter.Capacity;
}
