using System.Net;
using InstructDiffusion.Api.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace InstructDiffusion.Api.Callers;

/// <summary>Whether there are credentials at all, and who may do without; the same for the server's whole life.</summary>
internal sealed class AccessRules(SecurityOptions options)
{
    /// <summary>True when callers can be told apart: there are keys, or tokens are taken. An empty keys file counts too.</summary>
    public bool IsKeyed { get; } = options.Keys.Length > 0 || options.KeysFile is not null || options.Jwt.IsUsed;

    /// <summary>True when callers without credentials are served.</summary>
    public bool AllowsAnonymous => options.AllowAnonymous ?? !IsKeyed;

    /// <summary>True when everybody who reaches the server may use it, because its settings say so.</summary>
    public bool IsOpenByChoice => options.AllowAnonymous == true;

    /// <summary>Refuses to listen where others can reach a server that nobody decided to open.</summary>
    /// <exception cref="StartRefusedException">Others could reach it.</exception>
    public void ThrowIfExposed(ListenOptions endpoint)
    {
        bool isLocal = endpoint.IPEndPoint is not { } address || IPAddress.IsLoopback(address.Address);
        if (!isLocal && !IsKeyed && !IsOpenByChoice)
        {
            throw new StartRefusedException(
                $"""
                The server would listen on {endpoint.IPEndPoint}, where others can reach it, and has no keys. Do one of these:
                - make a key with `dotnet run -c Release --project src/Cli -- key create --name NAME --scopes edit,jobs`, put the
                  line it prints into a file, and set Security:KeysFile to it (Security__KeysFile in the environment);
                - set Security:Jwt to take the tokens of your identity provider;
                - set Security:AllowAnonymous=true to serve everybody who reaches it;
                - listen on this machine alone: --urls http://localhost:5080.
                """
            );
        }
    }
}
