using System.Threading.RateLimiting;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>Asks each request's caller's meter whether it is served. Nothing waits here: the engine's queue is the only queue.</summary>
internal sealed class RequestLimiter(CallerMeters meters) : PartitionedRateLimiter<HttpContext>
{
    private static readonly RateLimitLease Free = new FreeLease();

    public override RateLimiterStatistics? GetStatistics(HttpContext resource) => null;

    protected override RateLimitLease AttemptAcquireCore(HttpContext resource, int permitCount) =>
        meters.Of(resource).Acquire() ?? Free;

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(
        HttpContext resource,
        int permitCount,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(AttemptAcquireCore(resource, permitCount));

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
