using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Primitives;

namespace InstructDiffusion.Api.Edits;

/// <summary>What the answer to an edit looks like.</summary>
/// <param name="Kind">Its form.</param>
/// <param name="Format">File format of the pictures.</param>
internal sealed record AnswerFormat(AnswerKind Kind, ImageFileFormat Format)
{
    private const string Json = "application/json";
    private const string Parts = "multipart/mixed";
    private const string Events = "text/event-stream";

    /// <summary>The formats by the names of <c>output_format</c>, best first when the client does not mind.</summary>
    public static IReadOnlyDictionary<string, ImageFileFormat> ByName { get; } =
        new OrderedDictionary<string, ImageFileFormat>(StringComparer.Ordinal)
        {
            ["png"] = ImageFileFormat.Png,
            ["jpeg"] = ImageFileFormat.Jpeg,
            ["webp"] = ImageFileFormat.Webp,
        };

    /// <summary>Every media type that an answer can have.</summary>
    public static IReadOnlyList<string> MediaTypes { get; } =
    [.. ByName.Values.Select(MediaTypeOf), Json, Parts, Events];

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
    /// <param name="count">
    /// Pictures to answer with; null while it is not known. Several fit into no picture, so JSON comes first for them.
    /// </param>
    /// <exception cref="ApiException">Nothing that the client accepts can be made.</exception>
    public static AnswerFormat Negotiate(StringValues accept, ImageFileFormat? outputFormat, int? count = null)
    {
        (string Type, AnswerFormat Answer)[] candidates = [.. Candidates(outputFormat, count)];
        int chosen = AcceptHeader.Choose(accept, [.. candidates.Select(candidate => candidate.Type)]);
        return chosen >= 0
            ? candidates[chosen].Answer
            : throw new ApiException(ProblemKind.NotAcceptable, Refusal(outputFormat, count));
    }

    /// <summary>The format's name in <c>output_format</c>.</summary>
    public static string NameOf(ImageFileFormat format) => ByName.First(pair => pair.Value == format).Key;

    private static IEnumerable<(string Type, AnswerFormat Answer)> Candidates(ImageFileFormat? outputFormat, int? count)
    {
        IEnumerable<ImageFileFormat> formats = outputFormat is { } one ? [one] : ByName.Values;
        if (count is null or 1)
        {
            foreach (ImageFileFormat format in formats)
            {
                yield return (MediaTypeOf(format), new AnswerFormat(AnswerKind.Picture, format));
            }
        }
        ImageFileFormat inside = outputFormat ?? ImageFileFormat.Png;
        yield return (Json, new AnswerFormat(AnswerKind.Json, inside));
        yield return (Parts, new AnswerFormat(AnswerKind.Parts, inside));
        yield return (Events, new AnswerFormat(AnswerKind.Events, inside));
    }

    private static string Refusal(ImageFileFormat? outputFormat, int? count)
    {
        if (count > 1)
        {
            return $"n is {count}: several pictures come as {Json}, {Parts} or {Events}, none of which the Accept header allows.";
        }
        return outputFormat is { } wanted
            ? $"output_format is {NameOf(wanted)}, but the Accept header allows neither {MediaTypeOf(wanted)} nor {Json}."
            : $"This route answers with {string.Join(", ", MediaTypes)}.";
    }

    private static string MediaTypeOf(ImageFileFormat format) => $"image/{NameOf(format)}";
}

/// <summary>The forms of an answer.</summary>
internal enum AnswerKind
{
    /// <summary>One picture's file.</summary>
    Picture,

    /// <summary>JSON with the pictures inside.</summary>
    Json,

    /// <summary>multipart/mixed, one part a picture.</summary>
    Parts,

    /// <summary>Server-sent events that end with the JSON.</summary>
    Events,
}
