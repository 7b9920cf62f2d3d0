using System.Globalization;
using System.Threading.RateLimiting;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>What one caller has used of what it may.</summary>
internal sealed class CallerMeter : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ConcurrencyLimiter? _concurrency;
    private readonly CreditLimiter? _requests;
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
            _requests = new CreditLimiter(requests, Minute, time);
        }
        if (limits.EngineSecondsPerMinute is { } seconds)
        {
            Engine = new CreditLimiter(seconds, Minute, time);
        }
        // Who is refused for too many at once has not used up one of its requests.
        RateLimiter[] limiters = [.. new RateLimiter?[] { _concurrency, _requests }.OfType<RateLimiter>()];
        _chain = limiters.Length == 0 ? null : RateLimiter.CreateChained(limiters);
    }

    /// <summary>What it may use.</summary>
    public CallerLimits Limits { get; }

    /// <summary>Seconds of the engine's time; null for no bound.</summary>
    public CreditLimiter? Engine { get; }

    /// <summary>True when a new meter would say the same.</summary>
    public bool IsIdle =>
        IsFull(_requests)
        && IsFull(Engine)
        && (_concurrency is null || _concurrency.GetStatistics()!.CurrentAvailablePermits == Limits.ConcurrentRequests);

    /// <summary>The header <c>RateLimit-Policy</c>; null when there is nothing to say.</summary>
    public string? Policy =>
        Join(
            Of("rpm", _requests, limiter => $"q={Whole(limiter.Capacity)};w={Whole(limiter.Period.TotalSeconds)}"),
            Of("gpu", Engine, limiter => $"q={Whole(limiter.Capacity)};w={Whole(limiter.Period.TotalSeconds)}")
        );

    /// <summary>The header <c>RateLimit</c>: what remains, and the seconds until all is there again.</summary>
    public string? Remaining =>
        Join(
            Of(
                "rpm",
                _requests,
                limiter => $"r={Whole(limiter.Credit)};t={Whole(Math.Ceiling(limiter.TimeUntilFull.TotalSeconds))}"
            ),
            Of(
                "gpu",
                Engine,
                limiter => $"r={Whole(limiter.Credit)};t={Whole(Math.Ceiling(limiter.TimeUntilFull.TotalSeconds))}"
            )
        );

    /// <summary>Asks for one request to be served; null when nothing bounds it.</summary>
    public RateLimitLease? Acquire() => _chain?.AttemptAcquire();

    /// <summary>The requests that remain, for OpenAI's clients: limit, rest, time until all are there; null for no bound.</summary>
    public (int Limit, int Left, TimeSpan Reset)? Requests =>
        _requests is { } limiter
            ? ((int)limiter.Capacity, (int)Math.Max(0, limiter.Credit), limiter.TimeUntilFull)
            : null;

    public void Dispose()
    {
        _chain?.Dispose();
        _concurrency?.Dispose();
        _requests?.Dispose();
        Engine?.Dispose();
    }

    private static bool IsFull(CreditLimiter? limiter) => limiter is null || limiter.Credit >= limiter.Capacity;

    private static string? Of(string name, CreditLimiter? limiter, Func<CreditLimiter, string> parameters) =>
        limiter is null ? null : $"\"{name}\";{parameters(limiter)}";

    private static string? Join(string? first, string? second) =>
        first is null ? second
        : second is null ? first
        : $"{first}, {second}";

    private static string Whole(double value) =>
        Math.Max(0, Math.Floor(value)).ToString("F0", CultureInfo.InvariantCulture);
}
