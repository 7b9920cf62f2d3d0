using System.Net.Http.Headers;
using System.Text;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace InstructDiffusion.Training.Construction.Web.Pages;

/// <summary>HTML to a tree, within bounds: no scripts, nothing loaded, no nesting that could exhaust a stack.</summary>
internal static class PageParser
{
    private const int MostElements = 30_000;
    private const int DeepestNesting = 256;

    /// <summary>Parses a page.</summary>
    /// <param name="bytes">The page.</param>
    /// <param name="mediaType">What its host calls it; names its characters, perhaps.</param>
    /// <exception cref="InvalidDataException">It has too many elements.</exception>
    public static IHtmlDocument Parse(byte[] bytes, string? mediaType)
    {
        int elements = 0;
        var options = new HtmlParserOptions
        {
            IsScripting = false,
            SkipComments = true,
            MaximumDepth = DeepestNesting,
            OnCreated = (_, _) =>
            {
                if (++elements > MostElements)
                {
                    throw new InvalidDataException("a page of too many elements");
                }
            },
        };
        var parser = new HtmlParser(options);
        if (EncodingOf(mediaType) is { } encoding)
        {
            return parser.ParseDocument(encoding.GetString(bytes));
        }
        using var stream = new MemoryStream(bytes, writable: false);
        return parser.ParseDocument(stream);
    }

    private static Encoding? EncodingOf(string? mediaType)
    {
        bool isNamed =
            MediaTypeHeaderValue.TryParse(mediaType, out MediaTypeHeaderValue? type) && type.CharSet is not null;
        try
        {
            return isNamed ? Encoding.GetEncoding(type!.CharSet!.Trim('"')) : null;
        }
        catch (ArgumentException)
        {
            return null; // one that nobody knows: the page itself may tell
        }
    }
}
