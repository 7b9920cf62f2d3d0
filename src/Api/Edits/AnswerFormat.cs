using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Edits;

/// <summary>What the answer to an edit looks like: a picture, or JSON with the picture inside.</summary>
/// <param name="IsJson">True for JSON.</param>
/// <param name="Format">File format of the picture.</param>
internal sealed record AnswerFormat(bool IsJson, ImageFileFormat Format)
{
    private const string Json = "application/json";

    /// <summary>The formats by the names of <c>output_format</c>, best first when the client does not mind.</summary>
    public static IReadOnlyDictionary<string, ImageFileFormat> ByName { get; } =
        new OrderedDictionary<string, ImageFileFormat>(StringComparer.Ordinal)
        {
            ["png"] = ImageFileFormat.Png,
            ["jpeg"] = ImageFileFormat.Jpeg,
            ["webp"] = ImageFileFormat.Webp,
        };

    /// <summary>The picture's media type.</summary>
    public string ImageMediaType => MediaTypeOf(Format);

    /// <summary>The name in <c>output_format</c>.</summary>
    public string FormatName => NameOf(Format);

    /// <summary>
    /// Chooses by the Accept header (RFC 9110, 12.5.1): the highest quality, then the more exact wish, then
    /// <paramref name="outputFormat"/> or PNG. An output format that the header excludes is refused rather than ignored.
    /// </summary>
    /// <param name="accept">The header; empty accepts all.</param>
    /// <param name="outputFormat">The field <c>output_format</c>, if given.</param>
    /// <exception cref="ApiException">Nothing that the client accepts can be made.</exception>
    public static AnswerFormat Negotiate(StringValues accept, ImageFileFormat? outputFormat)
    {
        IList<MediaTypeHeaderValue> wishes = Parse(accept);
        IEnumerable<ImageFileFormat> formats = outputFormat is { } one ? [one] : ByName.Values;
        var candidates = formats
            .Select(format => (Type: MediaTypeOf(format), Answer: new AnswerFormat(IsJson: false, format)))
            .Append((Type: Json, Answer: new AnswerFormat(IsJson: true, outputFormat ?? ImageFileFormat.Png)))
            .Select(candidate => (candidate.Answer, Wish: Best(wishes, candidate.Type)))
            .Where(candidate => candidate.Wish is { } wish && wish.Quality is not 0);
        // Stable: of equals, the first stays first.
        AnswerFormat? chosen = candidates
            .OrderByDescending(candidate => candidate.Wish!.Quality ?? 1)
            .ThenByDescending(candidate => Exactness(candidate.Wish!))
            .Select(candidate => candidate.Answer)
            .FirstOrDefault();
        return chosen
            ?? throw new ApiException(
                ProblemKind.NotAcceptable,
                outputFormat is { } wanted
                    ? $"output_format is {NameOf(wanted)}, but the Accept header allows neither {MediaTypeOf(wanted)} nor {Json}."
                    : $"This route answers with image/png, image/jpeg, image/webp or {Json}."
            );
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

    private static string MediaTypeOf(ImageFileFormat format) => $"image/{NameOf(format)}";

    private static string NameOf(ImageFileFormat format) => ByName.First(pair => pair.Value == format).Key;
}
