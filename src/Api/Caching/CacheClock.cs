using Microsoft.Extensions.Internal;

namespace InstructDiffusion.Api.Caching;

/// <summary>The server's clock, as memory caches want it.</summary>
internal sealed class CacheClock(TimeProvider time) : ISystemClock
{
    public DateTimeOffset UtcNow => time.GetUtcNow();
}
