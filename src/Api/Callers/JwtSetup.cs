using System.Security.Claims;
using InstructDiffusion.Api.Security;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace InstructDiffusion.Api.Callers;

/// <summary>Takes tokens of an identity provider: checks them, and finds the caller in them.</summary>
internal sealed class JwtSetup(IOptions<SecurityOptions> security) : IConfigureNamedOptions<JwtBearerOptions>
{
    /// <summary>Begins the names of callers with tokens, so that none can take the name of a caller with a key.</summary>
    public const string NamePrefix = "jwt:";

    private const int LongestSubject = 200;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    public void Configure(string? name, JwtBearerOptions options)
    {
        JwtOptions jwt = security.Value.Jwt;
        options.MapInboundClaims = false;
        options.Authority = jwt.Authority;
        // The options allow http:// for this machine alone.
        options.RequireHttpsMetadata = jwt.Authority?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ?? true;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = jwt.Issuer,
            ValidAudience = jwt.Audience,
            IssuerSigningKeys = jwt.ReadKeySet(),
            ClockSkew = ClockSkew,
            NameClaimType = "sub",
        };
        options.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                Admit(context, jwt);
                return Task.CompletedTask;
            },
        };
    }

    public void Configure(JwtBearerOptions options) => Configure(Options.DefaultName, options);

    private static void Admit(TokenValidatedContext context, JwtOptions jwt)
    {
        string? subject = context.Principal?.FindFirstValue("sub");
        if (string.IsNullOrWhiteSpace(subject) || subject.Length > LongestSubject || subject.Any(char.IsControl))
        {
            context.Fail($"The token has no sub of 1 to {LongestSubject} characters.");
            return;
        }
        IEnumerable<string> theirs = context
            .Principal!.FindAll(jwt.ScopeClaim)
            .SelectMany(claim => Scope.Split(claim.Value));
        IEnumerable<string> ours =
            jwt.Scopes.Count == 0
                ? theirs
                : theirs.Select(scope => jwt.Scopes.GetValueOrDefault(scope)).OfType<string>();
        var scopes = ours.Intersect(Scope.All, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        context.Principal = KeyAuthentication.Admit(context.HttpContext, new Caller(NamePrefix + subject, scopes));
    }
}
