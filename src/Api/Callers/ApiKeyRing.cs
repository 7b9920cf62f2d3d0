using System.Security.Cryptography;

namespace InstructDiffusion.Api.Callers;

/// <summary>All keys that are valid at one time.</summary>
internal sealed class ApiKeyRing
{
    private const int LongestKey = 512;
    private static readonly CallerLimits NoLimits = new();

    private readonly (byte[] Digest, ApiKeyEntry Entry)[] _keys;
    private readonly Dictionary<string, CallerLimits> _limits = new(StringComparer.Ordinal);

    /// <exception cref="FormatException">An entry is wrong, or contradicts another.</exception>
    public ApiKeyRing(IEnumerable<ApiKeyEntry> entries)
    {
        _keys = [.. entries.Select(entry => (Require(entry), entry))];
        if (_keys.GroupBy(key => key.Entry.Hash, StringComparer.OrdinalIgnoreCase).Any(same => same.Count() > 1))
        {
            throw new FormatException("The same key is there twice.");
        }
        foreach ((_, ApiKeyEntry entry) in _keys)
        {
            var limits = CallerLimits.Of(entry);
            if (!_limits.TryAdd(entry.Name, limits) && _limits[entry.Name] != limits)
            {
                throw new FormatException(
                    $"The keys named '{entry.Name}' are one caller, and must have the same limits."
                );
            }
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _keys.Length;

    /// <summary>The entry of a key, expired or not; null for a key that nobody has.</summary>
    public ApiKeyEntry? Find(string key)
    {
        if (key.Length > LongestKey)
        {
            return null;
        }
        byte[] digest = ApiKey.Digest(key);
        ApiKeyEntry? found = null;
        // All are looked at, in the same time whichever it is.
        foreach ((byte[] stored, ApiKeyEntry entry) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(stored, digest))
            {
                found = entry;
            }
        }
        return found;
    }

    /// <summary>What the keys of a caller say of its limits; nothing for a name that no key has.</summary>
    public CallerLimits LimitsOf(string name) => _limits.GetValueOrDefault(name, NoLimits);

    private static byte[] Require(ApiKeyEntry entry) =>
        entry.Faults().FirstOrDefault() is { } fault
            ? throw new FormatException($"The key {fault}.")
            : ApiKey.ParseHash(entry.Hash)!;
}
