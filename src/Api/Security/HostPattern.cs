using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace InstructDiffusion.Api.Security;

/// <summary>One entry of a list of allowed hosts.</summary>
/// <param name="Host">Lower case, in ASCII form; null for every host.</param>
/// <param name="IncludesBelow">The names below <paramref name="Host"/> are meant, not itself.</param>
/// <param name="Port">The port; null for the scheme's usual one.</param>
internal sealed record HostPattern(string? Host, bool IncludesBelow, int? Port)
{
    private static readonly SearchValues<char> NoHost = SearchValues.Create("/*@\\?# ");

    /// <summary>True when the host is listed by its name, not by <c>*</c>.</summary>
    public bool IsNamed => Host is not null;

    /// <summary>Reads <c>host</c>, <c>*.host</c> or <c>*</c>, with a port or without.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out HostPattern? pattern)
    {
        pattern = null;
        if (text is "*")
        {
            pattern = new HostPattern(null, IncludesBelow: true, Port: null);
            return true;
        }
        bool includesBelow = text.StartsWith("*.", StringComparison.Ordinal);
        string rest = includesBelow ? text[2..] : text;
        if (
            rest.AsSpan().ContainsAny(NoHost)
            || !Uri.TryCreate($"https://{rest}", UriKind.Absolute, out Uri? uri)
            || uri.IdnHost.Length == 0
        )
        {
            return false;
        }
        pattern = new HostPattern(NameOf(uri), includesBelow, uri.IsDefaultPort ? null : uri.Port);
        return true;
    }

    /// <summary>True when the address is on this host and port.</summary>
    public bool Matches(Uri address)
    {
        bool isPort = Port is { } port ? address.Port == port : address.IsDefaultPort;
        return isPort && (Host is null || IsHost(NameOf(address), Host));
    }

    private bool IsHost(string name, string host) =>
        IncludesBelow
            ? name.Length > host.Length + 1 && name.EndsWith($".{host}", StringComparison.Ordinal)
            : name.Equals(host, StringComparison.Ordinal);

    // A dot at the end means the same host to the resolver.
    private static string NameOf(Uri address) => address.IdnHost.TrimEnd('.').ToLowerInvariant();
}
