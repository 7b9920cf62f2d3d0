using System.Globalization;

namespace InstructDiffusion.Api.Callers.Metering;

/// <summary>
/// Tells each caller its limits and what is left of them: the fields of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-11)
/// everywhere, and on OpenAI's routes those that its clients know.
/// </summary>
internal sealed class RateLimitHeaders(RequestDelegate next, CallerMeters meters)
{
    public Task InvokeAsync(HttpContext http)
    {
        CallerMeter meter = meters.Of(http);
        if (meter.Policy is { } policy)
        {
            http.Response.OnStarting(() =>
            {
                Write(http, meter, policy);
                return Task.CompletedTask;
            });
        }
        return next(http);
    }

    private static void Write(HttpContext http, CallerMeter meter, string policy)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers["RateLimit-Policy"] = policy;
        headers["RateLimit"] = meter.Remaining;
        if (
            meter.Requests is { } requests
            && http.Request.Path.StartsWithSegments("/v1/images", StringComparison.OrdinalIgnoreCase)
        )
        {
            headers["x-ratelimit-limit-requests"] = requests.Limit.ToString(CultureInfo.InvariantCulture);
            headers["x-ratelimit-remaining-requests"] = requests.Left.ToString(CultureInfo.InvariantCulture);
            headers["x-ratelimit-reset-requests"] = Duration(requests.Reset);
        }
    }

    /// <summary>As OpenAI writes it: <c>6m0s</c>, <c>17s</c>.</summary>
    private static string Duration(TimeSpan time)
    {
        int seconds = (int)Math.Ceiling(time.TotalSeconds);
        return seconds < 60 ? $"{seconds}s" : $"{seconds / 60}m{seconds % 60}s";
    }
}
