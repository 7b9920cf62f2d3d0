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
        CreditLimiter? requests = meters.RequestsOf(http).Requests;
        CreditLimiter? engine = meters.EngineOf(Caller.Of(http).Name);
        if (requests is not null || engine is not null)
        {
            http.Response.OnStarting(() =>
            {
                Write(http, requests, engine);
                return Task.CompletedTask;
            });
        }
        return next(http);
    }

    private static void Write(HttpContext http, CreditLimiter? requests, CreditLimiter? engine)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers["RateLimit-Policy"] = Both(requests, engine, Policy);
        headers["RateLimit"] = Both(requests, engine, Rest);
        if (
            requests is not null
            && http.Request.Path.StartsWithSegments("/v1/images", StringComparison.OrdinalIgnoreCase)
        )
        {
            headers["x-ratelimit-limit-requests"] = Whole(requests.Capacity);
            headers["x-ratelimit-remaining-requests"] = Whole(requests.Credit);
            headers["x-ratelimit-reset-requests"] = Duration(requests.TimeUntilFull);
        }
    }

    private static string Both(CreditLimiter? requests, CreditLimiter? engine, Func<CreditLimiter, string> write) =>
        string.Join(
            ", ",
            new[]
            {
                requests is null ? null : $"\"rpm\";{write(requests)}",
                engine is null ? null : $"\"gpu\";{write(engine)}",
            }.OfType<string>()
        );

    private static string Policy(CreditLimiter limiter) =>
        $"q={Whole(limiter.Capacity)};w={Whole(limiter.Period.TotalSeconds)}";

    // What is left, and the seconds until all of it is there again.
    private static string Rest(CreditLimiter limiter) =>
        $"r={Whole(limiter.Credit)};t={Whole(Math.Ceiling(limiter.TimeUntilFull.TotalSeconds))}";

    private static string Whole(double value) =>
        Math.Max(0, Math.Floor(value)).ToString("F0", CultureInfo.InvariantCulture);

    /// <summary>As OpenAI writes it: <c>6m0s</c>, <c>17s</c>.</summary>
    private static string Duration(TimeSpan time)
    {
        int seconds = (int)Math.Ceiling(time.TotalSeconds);
        return seconds < 60 ? $"{seconds}s" : $"{seconds / 60}m{seconds % 60}s";
    }
}
