using System.Net;
using InstructDiffusion.Api.Configuration;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Security;

/// <summary>Registers what keeps the server and its network from harm.</summary>
internal static class SecuritySetup
{
    public static void AddSecurity(this IServiceCollection services)
    {
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
}
