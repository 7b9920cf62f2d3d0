using System.Globalization;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Security;

/// <summary>What every answer says to browsers: take it for what it is, show it nowhere but here, run nothing from elsewhere.</summary>
internal sealed class SecurityHeaders(RequestDelegate next, IOptions<SecurityOptions> options)
{
    /// <summary>For answers that are no pages: should a browser show one as a page, nothing in it runs or loads.</summary>
    public const string DataPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>For the page at /: its own files, the pictures that it makes and is given, and this server.</summary>
    public const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>For Swagger UI, which writes styles into its elements and holds its icons as data.</summary>
    public const string SwaggerPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
        + "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly string? _transport =
        options.Value.HstsSeconds == 0
            ? null
            : $"max-age={options.Value.HstsSeconds.ToString(CultureInfo.InvariantCulture)}";

    public Task InvokeAsync(HttpContext http)
    {
        // At the last moment: an error on the way clears what was set before.
        http.Response.OnStarting(() =>
        {
            Write(http);
            return Task.CompletedTask;
        });
        return next(http);
    }

    private void Write(HttpContext http)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = PolicyFor(http.Request.Path);
        headers.XFrameOptions = "DENY"; // frame-ancestors, for browsers of old
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        if (_transport is not null && http.Request.IsHttps)
        {
            headers.StrictTransportSecurity = _transport;
        }
    }

    private static string PolicyFor(PathString path) =>
        path == "/" ? PagePolicy
        : path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase) ? SwaggerPolicy
        : DataPolicy;
}
