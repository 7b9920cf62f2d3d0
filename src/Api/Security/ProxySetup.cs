using System.Net;
using InstructDiffusion.Api.Callers;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Security;

/// <summary>Takes the client's address, scheme and host from proxies, and from those alone that the settings name.</summary>
internal static class ProxySetup
{
    public static void AddProxies(this IServiceCollection services, IConfiguration configuration)
    {
        if (bool.TryParse(configuration["ForwardedHeaders_Enabled"], out bool isEnabled) && isEnabled)
        {
            throw new StartRefusedException(
                "ASPNETCORE_FORWARDEDHEADERS_ENABLED would believe everybody's X-Forwarded-For; name your proxies in "
                    + "Security:KnownProxies instead."
            );
        }
        services
            .AddOptions<ForwardedHeadersOptions>()
            .Configure<IOptions<SecurityOptions>>(
                (forwarded, security) =>
                {
                    forwarded.ForwardedHeaders =
                        ForwardedHeaders.XForwardedFor
                        | ForwardedHeaders.XForwardedProto
                        | ForwardedHeaders.XForwardedHost;
                    // As many proxies in a row as are known.
                    forwarded.ForwardLimit = null;
                    forwarded.KnownProxies.Clear();
                    forwarded.KnownIPNetworks.Clear();
                    foreach (string proxy in security.Value.KnownProxies)
                    {
                        forwarded.KnownIPNetworks.Add(NetworkOf(proxy)!.Value);
                    }
                }
            );
    }

    /// <summary>Nothing is taken over unless a proxy is known.</summary>
    public static void UseProxies(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<SecurityOptions>>().Value.KnownProxies.Length > 0)
        {
            app.UseForwardedHeaders();
        }
    }

    /// <summary>An address or a network as a network; null for neither.</summary>
    public static System.Net.IPNetwork? NetworkOf(string text) =>
        System.Net.IPNetwork.TryParse(text, out System.Net.IPNetwork network) ? network
        : IPAddress.TryParse(text, out IPAddress? address)
            ? new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}
