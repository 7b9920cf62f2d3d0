using System.ComponentModel.DataAnnotations;

namespace InstructDiffusion.Api.Callers;

/// <summary>How much one caller may use; null for no bound.</summary>
internal sealed record CallerLimits
{
    /// <summary>Requests a minute, and at most at once.</summary>
    [Range(1, 1_000_000)]
    public int? RequestsPerMinute { get; init; }

    /// <summary>Seconds of the engine's time a minute. Spent after the fact: who is in debt waits.</summary>
    [Range(0.001, 1_000_000)]
    public double? EngineSecondsPerMinute { get; init; }

    /// <summary>Requests in flight at once.</summary>
    [Range(1, 100_000)]
    public int? ConcurrentRequests { get; init; }

    /// <summary>What a key says of its holder's limits.</summary>
    public static CallerLimits Of(ApiKeyEntry entry) =>
        new()
        {
            RequestsPerMinute = entry.RequestsPerMinute,
            EngineSecondsPerMinute = entry.EngineSecondsPerMinute,
            ConcurrentRequests = entry.ConcurrentRequests,
        };

    /// <summary>These, completed by the server's defaults.</summary>
    public CallerLimits Or(CallerLimits defaults) =>
        new()
        {
            RequestsPerMinute = RequestsPerMinute ?? defaults.RequestsPerMinute,
            EngineSecondsPerMinute = EngineSecondsPerMinute ?? defaults.EngineSecondsPerMinute,
            ConcurrentRequests = ConcurrentRequests ?? defaults.ConcurrentRequests,
        };
}
