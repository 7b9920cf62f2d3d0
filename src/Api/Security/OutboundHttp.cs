using InstructDiffusion.Outbound;

namespace InstructDiffusion.Api.Security;

/// <summary>The ways out of the server to addresses that clients name, each with its own rules.</summary>
internal sealed class OutboundHttp(SecurityOptions options, ResolveHost resolve, TimeProvider time) : IDisposable
{
    /// <summary>For pictures; see <see cref="ImageUrls"/>.</summary>
    public GuardedHttp Images { get; } = new(options.ImageUrls, resolve, time);

    /// <summary>For webhooks: <see cref="GuardedHttp.Require"/> when one is registered, <see cref="GuardedHttp.SendAsync"/> to call it.</summary>
    public GuardedHttp Webhooks { get; } = new(options.Webhooks, resolve, time);

    public void Dispose()
    {
        Images.Dispose();
        Webhooks.Dispose();
    }
}
