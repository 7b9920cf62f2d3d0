using System.Net;

namespace InstructDiffusion.Api.Callers;

/// <summary>Tells a request of somebody at the machine itself from one that only comes out of it.</summary>
internal static class LocalRequest
{
    // A proxy on the same machine sends the requests of others; each of these headers tells of one.
    private static readonly string[] SignsOfAProxy =
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Real-IP",
        "Via",
    ];

    /// <summary>True when it comes straight from the loopback interface, and not from a page of another site in a browser.</summary>
    public static bool Is(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && IsLoopbackName(request.Host.Host)
        && request.Headers.Origin.Count == 0
        && !Array.Exists(SignsOfAProxy, request.Headers.ContainsKey);

    /// <summary>True for a host's name that cannot lead elsewhere.</summary>
    public static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
