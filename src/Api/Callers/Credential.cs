using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Callers;

/// <summary>What a request shows to tell who sent it.</summary>
internal static class Credential
{
    /// <summary>The header for a key alone.</summary>
    public const string KeyHeader = "X-API-Key";

    private const string Bearer = "Bearer ";

    /// <summary>The key or token of a request; null when it shows none.</summary>
    public static string? Of(HttpRequest request)
    {
        string key = request.Headers[KeyHeader].ToString();
        if (key.Length > 0)
        {
            return key.Trim();
        }
        string authorization = request.Headers[HeaderNames.Authorization].ToString();
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? authorization[Bearer.Length..].Trim()
            : null;
    }

    /// <summary>True for a bearer token that looks like a JWT: three parts of base64url, the first an object. A key has no dots.</summary>
    public static bool IsToken(HttpRequest request) =>
        request.Headers[KeyHeader].Count == 0
        && Of(request) is { } text
        && text.StartsWith("ey", StringComparison.Ordinal)
        && text.Count(c => c == '.') == 2;
}
