using System.ComponentModel.DataAnnotations;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Section <c>Server</c>: where it listens and how it stops.</summary>
internal sealed class ServerOptions
{
    public const string Section = "Server";

    /// <summary>Where to listen unless <c>--urls</c>, <c>ASPNETCORE_URLS</c> or <c>ASPNETCORE_HTTP_PORTS</c> says otherwise.</summary>
    [Required]
    public string Url { get; init; } = "http://localhost:5080";

    /// <summary>Seconds between "not ready" and closing the port at shutdown, for a load balancer to notice.</summary>
    [Range(0, 600)]
    public int DrainSeconds { get; init; }

    /// <summary>Seconds that accepted edits have to finish at shutdown, <see cref="DrainSeconds"/> included.</summary>
    [Range(1, 3_600)]
    public int ShutdownSeconds { get; init; } = 60;
}
