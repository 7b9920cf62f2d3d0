using InstructDiffusion.Training.Construction.Web.Fetching;

namespace InstructDiffusion.Training.Construction.Web;

/// <summary>A page that shows one picture, and where that lies: <c>https://host/{id}</c> to <c>https://files.host/{id}.jpg</c>.</summary>
/// <param name="From">Address of the page, with <c>{id}</c> for letters, digits, - and _.</param>
/// <param name="To">Address of the picture, with <c>{id}</c>.</param>
internal sealed record LinkRewrite(string From, string To)
{
    private const string Id = "{id}";

    /// <summary>Whether both hold {id} once and are addresses.</summary>
    public bool IsValid =>
        HoldsId(From) && HoldsId(To) && WebAddress.Read(To.Replace(Id, "x", StringComparison.Ordinal)) is not null;

    /// <summary>Where the picture lies; null where the address is none of these pages.</summary>
    public Uri? Apply(Uri address)
    {
        int at = From.IndexOf(Id, StringComparison.Ordinal);
        string before = From[..at];
        string after = From[(at + Id.Length)..];
        string text = address.GetLeftPart(UriPartial.Path);
        bool isPage =
            text.Length > before.Length + after.Length
            && text.StartsWith(before, StringComparison.OrdinalIgnoreCase)
            && text.EndsWith(after, StringComparison.OrdinalIgnoreCase);
        string id = isPage ? text[before.Length..^after.Length] : "";
        return id.Length > 0 && id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            ? WebAddress.Read(To.Replace(Id, id, StringComparison.Ordinal))
            : null;
    }

    private static bool HoldsId(string text)
    {
        int at = text.IndexOf(Id, StringComparison.Ordinal);
        return at > 0 && text.LastIndexOf(Id, StringComparison.Ordinal) == at;
    }
}
