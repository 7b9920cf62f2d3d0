using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace InstructDiffusion.Api.Callers;

/// <summary>
/// Keys and the hashes under which they are stored. The hash is plain SHA-256: a key holds 256 random bits, which no speed of
/// guessing finds, and a slow hash would only let strangers burn the server's time with wrong keys. The program's command line
/// compiles this file too, so that what it prints is what the server reads.
/// </summary>
internal static class ApiKey
{
    /// <summary>Marks a key as this server's, for people and for scanners that look for leaked ones.</summary>
    public const string Prefix = "idk_";

    private const string HashPrefix = "sha256:";
    private const int RandomBytes = 32;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>A new key.</summary>
    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>The hash of a key as bytes.</summary>
    public static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>The hash of a key as it is stored: <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public static string Hash(string key) => HashPrefix + Convert.ToHexStringLower(Digest(key));

    /// <summary>The bytes of a stored hash; null when it is none.</summary>
    public static byte[]? ParseHash(string hash) =>
        hash.Length == HashPrefix.Length + (SHA256.HashSizeInBytes * 2)
        && hash.StartsWith(HashPrefix, StringComparison.Ordinal)
        && !hash.AsSpan(HashPrefix.Length).ContainsAnyExcept(HexDigits)
            ? Convert.FromHexString(hash.AsSpan(HashPrefix.Length))
            : null;
}
