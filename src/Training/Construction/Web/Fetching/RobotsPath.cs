using System.Globalization;
using System.Text;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>Paths as robots.txt compares them (RFC 9309, 2.2.2): octets, percent-encoded in one way only.</summary>
internal static class RobotsPath
{
    /// <summary>Longest path compared; of a longer rule, its beginning is.</summary>
    public const int Longest = 4096;

    private const char AnyLetters = '*';
    private const char End = '$';

    /// <summary>A path with its query as it is compared with patterns.</summary>
    public static string OfAddress(Uri address) => Normalized(address.PathAndQuery, isPattern: false);

    /// <summary>A rule's path as a pattern: * stands for any letters, $ at the end for the end.</summary>
    public static string OfRule(string path) => Normalized(path, isPattern: true);

    /// <summary>Whether a pattern fits the beginning of a path, or all of it where it ends in $.</summary>
    public static bool Fits(string pattern, string path)
    {
        bool isWhole = pattern.EndsWith(End);
        string[] parts = (isWhole ? pattern[..^1] : pattern).Split(AnyLetters);
        if (!path.StartsWith(parts[0], StringComparison.Ordinal))
        {
            return false;
        }
        int at = parts[0].Length;
        // The first place where each part fits leaves the most to the others.
        for (int i = 1; i < parts.Length; i++)
        {
            bool isLast = i == parts.Length - 1;
            if (isLast && isWhole)
            {
                return path.Length - at >= parts[i].Length && path.EndsWith(parts[i], StringComparison.Ordinal);
            }
            int found = path.IndexOf(parts[i], at, StringComparison.Ordinal);
            if (found < 0)
            {
                return false;
            }
            at = found + parts[i].Length;
        }
        return !isWhole || at == path.Length;
    }

    private static string Normalized(string path, bool isPattern)
    {
        byte[] octets = Encoding.UTF8.GetBytes(path);
        var plain = new StringBuilder(octets.Length);
        for (int i = 0; i < octets.Length; i++)
        {
            byte octet = octets[i];
            bool isEncoded =
                octet == '%'
                && i + 2 < octets.Length
                && char.IsAsciiHexDigit((char)octets[i + 1])
                && char.IsAsciiHexDigit((char)octets[i + 2]);
            if (isEncoded)
            {
                octet = byte.Parse(octets.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                i += 2;
            }
            bool isSpecial =
                isPattern && !isEncoded && (octet == AnyLetters || (octet == End && i == octets.Length - 1));
            bool isPlain = isSpecial || IsUnreserved(octet) || (!isEncoded && IsReserved(octet));
            if (isPlain)
            {
                plain.Append((char)octet);
            }
            else
            {
                plain.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
            }
        }
        return plain.ToString();
    }

    private static bool IsUnreserved(byte octet) =>
        char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~';

    // Those of RFC 3986 but * and $, which are special in patterns and so are encoded wherever they are plain.
    private static bool IsReserved(byte octet) => "/?#[]@:!&'()+,;=%"u8.Contains(octet);
}
