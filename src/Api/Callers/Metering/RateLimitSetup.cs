using System.Threading.RateLimiting;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Api.Security;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>Holds every caller to its limits, and tells it about them.</summary>
internal static class RateLimitSetup
{
    // A place among the requests at once has no due time; somebody who asks again soon may find one.
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(1);

    public static void AddRateLimits(this IServiceCollection services)
    {
        services.AddSingleton(provider => new CallerMeters(
            provider.GetRequiredService<KeyStore>(),
            provider.GetRequiredService<IOptions<SecurityOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddRateLimiter();
        services
            .AddOptions<RateLimiterOptions>()
            .Configure<CallerMeters>(
                (options, meters) =>
                {
                    options.GlobalLimiter = new RequestLimiter(meters);
                    options.OnRejected = RefuseAsync;
                }
            );
    }

    /// <summary>After authentication, since the limits are the caller's.</summary>
    public static void UseRateLimits(this IApplicationBuilder app)
    {
        app.UseMiddleware<RateLimitHeaders>();
        app.UseRateLimiter();
    }

    private static async ValueTask RefuseAsync(OnRejectedContext context, CancellationToken cancellationToken)
    {
        HttpContext http = context.HttpContext;
        bool isRate = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait);
        string? reason =
            isRate && context.Lease.TryGetMetadata(MetadataName.ReasonPhrase, out string? phrase) ? phrase : null;
        int? atOnce = http
            .RequestServices.GetRequiredService<CallerMeters>()
            .RequestsOf(http)
            .Limits.ConcurrentRequests;
        var error = new ApiException(
            ProblemKind.RateLimited,
            reason ?? $"At most {atOnce} requests at once are served."
        )
        {
            RetryAfter = isRate ? wait : ShortWait,
        };
        http.RequestServices.GetRequiredService<QueueMetrics>().Rejected(Refusal.Quota);
        await http
            .RequestServices.GetRequiredService<ExceptionProblems>()
            .TryHandleAsync(http, error, cancellationToken);
    }
}
