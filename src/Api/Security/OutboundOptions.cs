using System.ComponentModel.DataAnnotations;
using System.Net;

namespace InstructDiffusion.Api.Security;

/// <summary>Which addresses the server may call because a client named them; the same rules for picture URLs and webhooks.</summary>
internal sealed class OutboundOptions : IValidatableObject
{
    /// <summary>Nothing is called unless this is set.</summary>
    public bool Enabled { get; init; }

    /// <summary>
    /// Hosts that may be called: <c>example.com</c>, <c>*.example.com</c> for what lies below it, <c>example.com:8443</c> for a
    /// port other than the usual one, <c>*</c> for every host on its usual port.
    /// </summary>
    public string[] Hosts { get; init; } = [];

    /// <summary>Lets the hosts that are listed by name be called without TLS.</summary>
    public bool AllowHttp { get; init; }

    /// <summary>Networks that may be called although they are not on the public internet, such as <c>10.1.0.0/16</c>.</summary>
    public string[] PrivateNetworks { get; init; } = [];

    /// <summary>Seconds in which a connection must stand, name resolution and TLS included.</summary>
    [Range(1, 60)]
    public int ConnectSeconds { get; init; } = 5;

    /// <summary>Seconds that one call may take in all.</summary>
    [Range(1, 600)]
    public int TotalSeconds { get; init; } = 20;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Enabled && Hosts.Length == 0)
        {
            yield return new ValidationResult(
                "Hosts must name the hosts that may be called (\"*\" for all of the internet)."
            );
        }
        foreach (string host in Hosts.Where(host => !HostPattern.TryParse(host, out _)))
        {
            yield return new ValidationResult($"Hosts: '{host}' is neither a host, nor *.host, nor *.");
        }
        foreach (string network in PrivateNetworks.Where(network => !IPNetwork.TryParse(network, out _)))
        {
            yield return new ValidationResult($"PrivateNetworks: '{network}' is not a network such as 10.1.0.0/16.");
        }
    }
}
