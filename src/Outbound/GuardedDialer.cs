using System.Net;
using System.Net.Sockets;

namespace InstructDiffusion.Outbound;

/// <summary>
/// Connects to hosts that strangers name. A name is resolved once, every one of its addresses is checked, and exactly those are
/// dialled: a second resolution could give another answer (DNS rebinding), and a name with one private address is a trap.
/// </summary>
/// <param name="resolve">Finds addresses.</param>
/// <param name="exceptions">Networks that may be called although they are not public.</param>
public sealed class GuardedDialer(ResolveHost resolve, IReadOnlyList<IPNetwork> exceptions)
{
    /// <summary>The stream to one host, before TLS, which the caller speaks with the host's own name.</summary>
    /// <exception cref="OutboundException">It has an address that may not be called, or none.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await AddressesAsync(target.Host, cancellationToken);
        if (!Array.TrueForAll(addresses, IsAllowed))
        {
            throw new OutboundException(OutboundFault.Forbidden, "does not lead to the public internet");
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new OutboundException(OutboundFault.Unreachable, "cannot be connected to", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        // Also takes the decimal, octal and hexadecimal spellings that a resolver would.
        if (IPAddress.TryParse(host, out IPAddress? literal))
        {
            return [literal];
        }
        try
        {
            IPAddress[] addresses = await resolve(host, cancellationToken);
            return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (SocketException error)
        {
            throw new OutboundException(OutboundFault.Unreachable, "has a host that is not found", error);
        }
    }

    private bool IsAllowed(IPAddress address)
    {
        IPAddress plain = GlobalAddress.Plain(address);
        return GlobalAddress.Contains(plain) || exceptions.Any(network => network.Contains(plain));
    }
}
