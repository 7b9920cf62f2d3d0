using System.Security.Cryptography;

namespace InstructDiffusion.Api.Callers;

/// <summary>All keys that are valid at one time.</summary>
internal sealed class ApiKeyRing
{
    private const int LongestKey = 512;
    private readonly (byte[] Digest, ApiKeyEntry Entry)[] _keys;

    /// <exception cref="FormatException">An entry is wrong, or contradicts another.</exception>
    public ApiKeyRing(IEnumerable<ApiKeyEntry> entries)
    {
        _keys = [.. entries.Select(entry => (Require(entry), entry))];
        if (_keys.GroupBy(key => key.Entry.Hash, StringComparer.OrdinalIgnoreCase).Any(same => same.Count() > 1))
        {
            throw new FormatException("The same key is there twice.");
        }
        foreach (var caller in _keys.GroupBy(key => key.Entry.Name, key => CallerLimits.Of(key.Entry)))
        {
            if (caller.Distinct().Count() > 1)
            {
                throw new FormatException(
                    $"The keys named '{caller.Key}' are one caller, and must have the same limits."
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

    private static byte[] Require(ApiKeyEntry entry) =>
        entry.Faults().FirstOrDefault() is { } fault
            ? throw new FormatException($"The key {fault}.")
            : ApiKey.ParseHash(entry.Hash)!;
}
