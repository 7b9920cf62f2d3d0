using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Callers;

/// <summary>Finds the caller by its key, or lets it be anonymous where the rules do.</summary>
internal sealed class KeyAuthentication(
    KeyStore keys,
    AccessRules rules,
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory loggers,
    UrlEncoder encoder
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "Key";

    /// <summary>Makes this caller the request's.</summary>
    public static ClaimsPrincipal Admit(HttpContext http, Caller caller)
    {
        http.Features.Set(caller);
        return new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, caller.Name)], SchemeName));
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        // Clients of OpenAI's libraries always send some key; a server without keys takes it for none.
        string? key = rules.IsKeyed ? Credential.Of(Request) : null;
        if (key is null)
        {
            return rules.AllowsAnonymous ? Success(AnonymousCaller()) : AuthenticateResult.NoResult();
        }
        if (keys.Ring.Find(key) is not { } entry)
        {
            return AuthenticateResult.Fail("The key is not known here.");
        }
        if (entry.Expires <= TimeProvider.GetUtcNow())
        {
            string end = entry.Expires.Value.ToString("u", CultureInfo.InvariantCulture);
            return AuthenticateResult.Fail($"The key of {entry.Name} ended at {end}.");
        }
        return Success(new Caller(entry.Name, Scope.Split(entry.Scopes)));
    }

    // Who sits at the machine may operate a server without keys.
    private Caller AnonymousCaller() =>
        !rules.IsKeyed && LocalRequest.Is(Request)
            ? Caller.Anonymous with
            {
                Scopes = Caller.Anonymous.Scopes.Append(Scope.Admin).ToHashSet(StringComparer.Ordinal),
            }
            : Caller.Anonymous;

    private AuthenticateResult Success(Caller caller) =>
        AuthenticateResult.Success(new AuthenticationTicket(Admit(Context, caller), SchemeName));
}
