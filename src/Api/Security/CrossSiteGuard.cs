using System.Net;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Errors;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Security;

/// <summary>
/// Keeps pages of other sites from using the server through the browser of somebody who may reach it. A key has to be put into
/// a request, which such a page cannot; so only requests without credentials are looked at, where these are served.
/// </summary>
internal sealed class CrossSiteGuard(
    RequestDelegate next,
    AccessRules rules,
    ExceptionProblems problems,
    IOptions<SecurityOptions> options,
    IConfiguration configuration
)
{
    private readonly bool _namesHosts = configuration["AllowedHosts"] is { Length: > 0 } and not "*";

    public async Task InvokeAsync(HttpContext http)
    {
        bool isAnonymous = rules.AllowsAnonymous && !(rules.IsKeyed && Credential.Of(http.Request) is not null);
        if (isAnonymous && Refusal(http.Request) is { } refusal)
        {
            await problems.TryHandleAsync(
                http,
                new ApiException(ProblemKind.ForeignSite, refusal),
                http.RequestAborted
            );
            return;
        }
        await next(http);
    }

    private string? Refusal(HttpRequest request)
    {
        if (!rules.IsOpenByChoice && !_namesHosts && IsPublicName(request.Host.Host))
        {
            // A name of the other site may lead to this machine (DNS rebinding), and its pages would then read the answers.
            return $"The server is not known as {Shown(request.Host.Host)}: name its hosts in AllowedHosts, or give it keys.";
        }
        string origin = request.Headers.Origin.ToString();
        bool isSafe =
            HttpMethods.IsGet(request.Method)
            || HttpMethods.IsHead(request.Method)
            || HttpMethods.IsOptions(request.Method);
        if (origin.Length == 0 || isSafe || IsOwn(origin, request) || options.Value.AllowsOrigin(origin))
        {
            return null;
        }
        return $"A page of {Shown(origin)} may not use this server without a key: add its origin to Security:CorsOrigins.";
    }

    // What a proxy in front speaks, http or https, is not known for sure; host and port are enough.
    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? page)
        && request.Host.Host.Equals(page.Host, StringComparison.OrdinalIgnoreCase)
        && (request.Host.Port ?? (page.IsDefaultPort ? page.Port : -1)) == page.Port;

    // Names without a dot are this machine's or its network's own; strangers cannot have them.
    private static bool IsPublicName(string host) =>
        host.TrimEnd('.').Contains('.', StringComparison.Ordinal)
        && !IPAddress.TryParse(host, out _)
        && !host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    private static string Shown(string text) => text.Length <= 100 ? text : $"{text[..100]}…";
}
