using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>How the crawler calls itself: whoever sees it in a log can tell what it is and whom to write to.</summary>
/// <param name="UserAgent">The whole header, e.g. <c>example-pairs/1.0 (+https://example.org/crawler)</c>.</param>
/// <param name="Token">Its name in robots.txt: what stands before the slash.</param>
internal sealed record CrawlerName(string UserAgent, string Token)
{
    private const int Longest = 200;

    private static readonly SearchValues<char> _tokenLetters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
    );

    /// <summary>Reads a user agent.</summary>
    /// <param name="text">What the user set.</param>
    /// <param name="name">The name.</param>
    /// <param name="problem">Why it is none.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out CrawlerName? name, out string problem)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string token = slash > 0 ? text[..slash] : "";
        bool hasContact =
            text.Contains("http", StringComparison.Ordinal) || text.Contains('@', StringComparison.Ordinal);
        problem =
            token.Length == 0 || token.AsSpan().ContainsAnyExcept(_tokenLetters)
                ? "must begin with a name of letters, - and _, followed by /VERSION"
            : !hasContact ? "must say whom to write to: (+https://…) or an e-mail address"
            : text.Length > Longest || text.Any(letter => letter is < ' ' or > '~')
                ? $"must be at most {Longest} ASCII characters"
            : "";
        name = problem.Length == 0 ? new CrawlerName(text, token) : null;
        return name is not null;
    }
}
