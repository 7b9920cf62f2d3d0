using System.Net;
using System.Net.Sockets;

namespace InstructDiffusion.Outbound;

/// <summary>Which addresses lie on the public internet, by IANA's registries of special-purpose addresses.</summary>
public static class GlobalAddress
{
    private static readonly IPNetwork[] SpecialV4 =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this network; 0.0.0.0 reaches the machine itself
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"), // carrier-grade NAT, and some clouds' metadata
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), // link-local: most clouds' metadata
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"), // protocol assignments
        IPNetwork.Parse("192.0.2.0/24"), // documentation
        IPNetwork.Parse("192.88.99.0/24"), // 6to4 relays
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks
        IPNetwork.Parse("198.51.100.0/24"), // documentation
        IPNetwork.Parse("203.0.113.0/24"), // documentation
        IPNetwork.Parse("224.0.0.0/3"), // multicast, reserved, broadcast
    ];

    // All that is global lies in here, so loopback, link-local, unique local, multicast and NAT64 need no line of their own.
    private static readonly IPNetwork UnicastV6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] SpecialV6 =
    [
        IPNetwork.Parse("2001::/23"), // protocol assignments: Teredo, ORCHID, benchmarks
        IPNetwork.Parse("2001:db8::/32"), // documentation
        IPNetwork.Parse("2002::/16"), // 6to4: holds any IPv4 address
        IPNetwork.Parse("3fff::/20"), // documentation
    ];

    /// <summary>True for an address that only the public internet leads to.</summary>
    public static bool Contains(IPAddress address)
    {
        IPAddress plain = Plain(address);
        return plain.AddressFamily switch
        {
            AddressFamily.InterNetwork => !Array.Exists(SpecialV4, network => network.Contains(plain)),
            AddressFamily.InterNetworkV6 => UnicastV6.Contains(plain)
                && !Array.Exists(SpecialV6, network => network.Contains(plain)),
            _ => false,
        };
    }

    /// <summary>An IPv4 address in IPv6's clothes as what it is, so that no rule is passed by writing it the other way.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
