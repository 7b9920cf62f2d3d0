using Microsoft.AspNetCore.Http;

namespace InstructDiffusion.Training.Alignment.Page;

/// <summary>
/// Keeps other sites out of a page that anyone on this machine can reach: a site open in the same browser may neither read
/// pictures nor give answers, not even under a name of its own that resolves to this machine (DNS rebinding).
/// </summary>
internal static class LocalRequests
{
    private static readonly string[] Hosts = ["127.0.0.1", "localhost", "[::1]"];

    /// <summary>Answers 403 to requests of other sites, and tells the browser to load nothing from elsewhere.</summary>
    public static async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (Refuse(context.Request) is { } reason)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.Response.WriteAsJsonAsync(new PageText.Refusal(reason), AlignmentJson.Options);
            return;
        }
        await next(context);
    }

    private static string? Refuse(HttpRequest request)
    {
        // The port is free: the page may be looked at through a tunnel.
        if (!Hosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase))
        {
            return $"Host: expected this machine, got '{request.Host}'";
        }
        bool isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        string? origin = request.Headers.Origin;
        if (origin is not null && !string.Equals(origin, $"http://{request.Host}", StringComparison.OrdinalIgnoreCase))
        {
            return $"Origin: expected this page, got '{origin}'";
        }
        string? site = request.Headers["Sec-Fetch-Site"];
        return isRead || site is null or "same-origin" ? null : $"Sec-Fetch-Site: expected same-origin, got '{site}'";
    }
}
