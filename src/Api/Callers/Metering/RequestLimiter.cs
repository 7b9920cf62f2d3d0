using System.Threading.RateLimiting;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>Asks each request's caller's meters whether it is served. Nothing waits here: the engine's queue is the only queue.</summary>
internal sealed class RequestLimiter(CallerMeters meters) : PartitionedRateLimiter<HttpContext>
{
    private static readonly RateLimitLease Free = new FreeLease();

    public override RateLimiterStatistics? GetStatistics(HttpContext resource) => null;

    protected override RateLimitLease AttemptAcquireCore(HttpContext resource, int permitCount) =>
        Debt(resource) ?? meters.RequestsOf(resource).Acquire() ?? Free;

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(
        HttpContext resource,
        int permitCount,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(AttemptAcquireCore(resource, permitCount));

    // What was used of the engine is known afterwards, so that who has used too much waits before it may use more.
    private RateLimitLease? Debt(HttpContext http)
    {
        if (!WorkRoutes.IsWork(http) || meters.EngineOf(Caller.Of(http).Name) is not { } engine)
        {
            return null;
        }
        RateLimitLease lease = engine.AttemptAcquire(0);
        return lease.IsAcquired ? null : lease;
    }

    private sealed class FreeLease : RateLimitLease
    {
        public override bool IsAcquired => true;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
