using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Callers;

/// <summary>Finds out who asks, and lets each route ask for a scope. A route that says nothing needs a known caller.</summary>
internal static class CallersSetup
{
    public static void AddCallers(this IServiceCollection services)
    {
        services.AddSingleton(provider => new AccessRules(Options(provider)));
        services.AddSingleton(provider => new KeyStore(Options(provider)));
        services.AddHostedService<KeysFileWatch>();
        services.ConfigureOptions<JwtSetup>();
        // Nothing here is encrypted for later: no key ring is to be written to the disk, which AddAuthentication would ask for.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services
            .AddAuthentication("Any")
            .AddPolicyScheme("Any", null, any => any.ForwardDefaultSelector = SchemeOf)
            .AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null)
            .AddJwtBearer();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, ScopeAnswers>();
        AuthorizationBuilder policies = services.AddAuthorizationBuilder();
        AuthorizationPolicy known = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        policies.SetDefaultPolicy(known).SetFallbackPolicy(known);
        foreach (string scope in Scope.All)
        {
            policies.AddPolicy(scope, policy => policy.Combine(known).RequireAssertion(context => Has(context, scope)));
        }
        services
            .AddOptions<KestrelServerOptions>()
            .Configure<AccessRules>((kestrel, rules) => kestrel.ConfigureEndpointDefaults(rules.ThrowIfExposed));
    }

    /// <summary>From here on the caller is known, and may do what the route is about.</summary>
    public static void UseCallers(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        if (app.Services.GetRequiredService<AccessRules>().IsOpenByChoice)
        {
            app.Logger.EverybodyMayUseIt();
        }
    }

    /// <summary>Callers without this scope are refused with 403.</summary>
    public static RouteHandlerBuilder RequireScope(this RouteHandlerBuilder route, string scope) =>
        route.RequireAuthorization(scope).ProducesAProblem(StatusCodes.Status403Forbidden).ProducesRefusals();

    /// <summary>Callers that are not known are refused with 401.</summary>
    public static RouteHandlerBuilder RequireCaller(this RouteHandlerBuilder route) =>
        route.RequireAuthorization().ProducesRefusals();

    private static RouteHandlerBuilder ProducesRefusals(this RouteHandlerBuilder route) =>
        route
            .ProducesAProblem(StatusCodes.Status401Unauthorized)
            .ProducesAProblem(StatusCodes.Status429TooManyRequests);

    private static string SchemeOf(HttpContext http) =>
        http.RequestServices.GetRequiredService<IOptions<SecurityOptions>>().Value.Jwt.IsUsed
        && Credential.IsToken(http.Request)
            ? JwtBearerDefaults.AuthenticationScheme
            : KeyAuthentication.SchemeName;

    private static bool Has(AuthorizationHandlerContext context, string scope) =>
        context.Resource is HttpContext http && http.Features.Get<Caller>()?.Scopes.Contains(scope) == true;

    private static SecurityOptions Options(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<SecurityOptions>>().Value;
}
