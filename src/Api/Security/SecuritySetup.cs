using System.Net;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Outbound;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Security;

/// <summary>Registers what keeps the server and its network from harm.</summary>
internal static class SecuritySetup
{
    public static void AddSecurity(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddProxies(configuration);
        services.AddCors();
        services
            .AddOptions<CorsOptions>()
            .Configure<IOptions<SecurityOptions>>(
                (cors, security) =>
                    cors.AddDefaultPolicy(policy =>
                        policy
                            .WithOrigins(security.Value.CorsOrigins)
                            .AllowAnyMethod()
                            .AllowAnyHeader()
                            .WithExposedHeaders("*")
                            .SetPreflightMaxAge(TimeSpan.FromHours(1))
                    )
            );
        services.AddSingleton<ResolveHost>(Dns.GetHostAddressesAsync);
        services.AddSingleton(provider => new OutboundHttp(
            provider.GetRequiredService<IOptions<SecurityOptions>>().Value,
            provider.GetRequiredService<ResolveHost>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton(provider => new ImageUrls(
            provider.GetRequiredService<OutboundHttp>().Images,
            provider.GetRequiredService<IOptions<LimitsOptions>>().Value
        ));
    }

    /// <summary>Leaves out of the log, however much is logged, what may hold secrets of clients.</summary>
    public static void HideSecrets(this ILoggingBuilder logging) =>
        // Writes down whole addresses, queries and all.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);

    /// <summary>What stands before everything else: who it is really from, and what every answer says.</summary>
    public static void UseSecurity(this WebApplication app)
    {
        app.UseProxies();
        app.UseMiddleware<SecurityHeaders>();
    }

    /// <summary>What stands before authentication: which pages may ask at all.</summary>
    public static void UseOrigins(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<SecurityOptions>>().Value.CorsOrigins.Length > 0)
        {
            app.UseCors();
        }
        app.UseMiddleware<CrossSiteGuard>();
    }
}
