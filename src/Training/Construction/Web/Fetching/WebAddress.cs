using System.Diagnostics.CodeAnalysis;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>Addresses that strangers wrote.</summary>
internal static class WebAddress
{
    /// <summary>Longest address, characters.</summary>
    public const int Longest = 2048;

    /// <summary>An absolute http or https address without user name, password and fragment; else null.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="page">What a relative address is relative to; null to take absolute ones alone.</param>
    public static Uri? Read(string? text, Uri? page = null)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > Longest)
        {
            return null;
        }
        bool isAddress = page is null
            ? Uri.TryCreate(text.Trim(), UriKind.Absolute, out Uri? address)
            : Uri.TryCreate(page, text.Trim(), out address);
        return isAddress && IsFetched(address) ? WithoutFragment(address!) : null;
    }

    /// <summary>Whether an address is of a kind that is fetched at all.</summary>
    public static bool IsFetched([NotNullWhen(true)] Uri? address) =>
        address is { IsAbsoluteUri: true }
        && address.Scheme is "http" or "https"
        && address.UserInfo.Length == 0
        && address.IdnHost.Length > 0
        && address.AbsoluteUri.Length <= Longest;

    /// <summary>Whose turn it is: the host, whatever the port.</summary>
    public static string HostOf(Uri address) => address.IdnHost.TrimEnd('.').ToLowerInvariant();

    /// <summary>Scheme, host and port: what one robots.txt is for.</summary>
    public static string OriginOf(Uri address) => $"{address.Scheme}://{HostOf(address)}:{address.Port}";

    private static Uri WithoutFragment(Uri address) =>
        address.Fragment.Length == 0 ? address : new UriBuilder(address) { Fragment = "" }.Uri;
}
