using InstructDiffusion.Training.Construction.Web.Fetching;

namespace InstructDiffusion.Training.Construction.Web;

/// <summary>The terms under which pictures may be used, as the user knows them: by host. None is guessed.</summary>
/// <param name="byHost">See <see cref="WebRules.Licences"/>.</param>
internal sealed class LicenceTable(IReadOnlyDictionary<string, string> byHost)
{
    /// <summary>What stands in records where it is not known and that is allowed.</summary>
    public const string Unknown = "unknown";

    /// <summary>Why an entry without one is kept out.</summary>
    public const string Reason = "licence unknown";

    /// <summary>The licence of what an address holds; null where the user named none.</summary>
    public string? Of(Uri address)
    {
        string host = WebAddress.HostOf(address);
        if (byHost.TryGetValue(host, out string? own))
        {
            return own;
        }
        // The nearest of the hosts above it.
        for (int dot; (dot = host.IndexOf('.', StringComparison.Ordinal)) >= 0; )
        {
            host = host[(dot + 1)..];
            if (byHost.TryGetValue("*." + host, out string? above))
            {
                return above;
            }
        }
        return null;
    }
}
