using InstructDiffusion.Api.Errors;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Edits;

/// <summary>Chooses among the answers that a route can give (RFC 9110, 12.5.1).</summary>
internal static class AcceptHeader
{
    /// <summary>The answer with the highest quality, then the one that is asked for more exactly, then the first.</summary>
    /// <param name="accept">The header; empty accepts all.</param>
    /// <param name="mediaTypes">What the route can answer with, best first.</param>
    /// <returns>Index of the media type, or −1 when the client accepts none.</returns>
    /// <exception cref="ApiException">The header cannot be read.</exception>
    public static int Choose(StringValues accept, IReadOnlyList<string> mediaTypes)
    {
        IList<MediaTypeHeaderValue> wishes = Parse(accept);
        // Stable: of equals, the first stays first.
        return mediaTypes
            .Select((type, index) => (Index: index, Wish: Best(wishes, type)))
            .Where(candidate => candidate.Wish is { } wish && wish.Quality is not 0)
            .OrderByDescending(candidate => candidate.Wish!.Quality ?? 1)
            .ThenByDescending(candidate => Exactness(candidate.Wish!))
            .Select(candidate => candidate.Index)
            .FirstOrDefault(-1);
    }

    private static IList<MediaTypeHeaderValue> Parse(StringValues accept)
    {
        if (string.IsNullOrWhiteSpace(accept.ToString()))
        {
            return [new MediaTypeHeaderValue("*/*")];
        }
        return MediaTypeHeaderValue.TryParseList(accept, out IList<MediaTypeHeaderValue>? wishes)
            ? wishes
            : throw new ApiException(ProblemKind.NotAcceptable, "The Accept header cannot be read.");
    }

    // Parameters such as charset do not matter here: each type has one form.
    private static MediaTypeHeaderValue? Best(IList<MediaTypeHeaderValue> wishes, string mediaType)
    {
        var offered = new MediaTypeHeaderValue(mediaType);
        return wishes
            .Where(wish =>
                wish.MatchesAllTypes
                || (
                    wish.Type.Equals(offered.Type, StringComparison.OrdinalIgnoreCase)
                    && (
                        wish.MatchesAllSubTypes
                        || wish.SubType.Equals(offered.SubType, StringComparison.OrdinalIgnoreCase)
                    )
                )
            )
            .MaxBy(Exactness);
    }

    private static int Exactness(MediaTypeHeaderValue wish) =>
        wish.MatchesAllTypes ? 0
        : wish.MatchesAllSubTypes ? 1
        : 2;
}
