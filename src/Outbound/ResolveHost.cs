using System.Net;

namespace InstructDiffusion.Outbound;

/// <summary>Finds the addresses of a host.</summary>
/// <param name="host">Its name.</param>
/// <param name="cancellationToken">Ends the search.</param>
public delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken cancellationToken);
