using System.Net;
using System.Text.RegularExpressions;
using InstructDiffusion.Training.Construction.Web.Fetching;

namespace InstructDiffusion.Training.Construction.Web;

/// <summary>Links to pictures in what people write: bare addresses and Markdown, in their order, each once.</summary>
/// <param name="rewrites">Pages that show one picture, and where that picture lies.</param>
internal sealed partial class PictureLinks(IReadOnlyList<LinkRewrite> rewrites)
{
    private const int LongestText = 100_000;
    private const int MostLinks = 50;

    private static readonly string[] _endings = [".jpg", ".jpeg", ".png", ".webp"];

    /// <summary>All in a text.</summary>
    public IReadOnlyList<Uri> In(string? text)
    {
        var found = new List<Uri>();
        if (text is null)
        {
            return found;
        }
        string plain = WebUtility.HtmlDecode(text[..Math.Min(text.Length, LongestText)]);
        foreach (ValueMatch match in Address().EnumerateMatches(plain))
        {
            string written = plain
                .Substring(match.Index, match.Length)
                .TrimEnd('.', ',', ';', ':', '!', '?', '\'', '*', '_');
            if (Of(written) is { } picture && !found.Contains(picture) && found.Count < MostLinks)
            {
                found.Add(picture);
            }
        }
        return found;
    }

    /// <summary>The picture that an address leads to; null where it leads to none that can be told from its name.</summary>
    public Uri? Of(string? written)
    {
        if (WebAddress.Read(written) is not { } address)
        {
            return null;
        }
        foreach (LinkRewrite rewrite in rewrites)
        {
            if (rewrite.Apply(address) is { } picture)
            {
                return picture;
            }
        }
        string path = address.AbsolutePath;
        return Array.Exists(_endings, ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            ? address
            : null;
    }

    // What ends a Markdown link or a quotation ends the address.
    [GeneratedRegex("https?://[^\\s()\\[\\]<>\"`|]+", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
