using AngleSharp.Css.Dom;
using AngleSharp.Css.Parser;
using AngleSharp.Dom;

namespace InstructDiffusion.Training.Construction.Web.Pages;

/// <summary>Where a value stands in a page: a CSS selector, and behind @ the attribute that holds it; without one, the text.</summary>
internal sealed class PageSelector
{
    private const int LongestValue = 4000;

    private readonly ISelector _selector;
    private readonly string? _attribute;

    private PageSelector(ISelector selector, string? attribute) => (_selector, _attribute) = (selector, attribute);

    /// <summary>Reads <c>img.before@src</c> or <c>h1</c>.</summary>
    /// <exception cref="InvalidDataException">It is no selector.</exception>
    public static PageSelector Parse(string text)
    {
        int at = text.LastIndexOf('@');
        string css = at < 0 ? text : text[..at];
        string? attribute = at < 0 ? null : text[(at + 1)..];
        bool isAttribute = attribute is null || (attribute.Length > 0 && attribute.All(IsAttributeLetter));
        ISelector? selector = css.Trim().Length == 0 ? null : new CssSelectorParser().ParseSelector(css);
        return selector is not null && isAttribute
            ? new PageSelector(selector, attribute)
            : throw new InvalidDataException($"'{text}': expected a CSS selector, or SELECTOR@ATTRIBUTE");
    }

    /// <summary>The elements below one, in their order.</summary>
    public IEnumerable<IElement> In(IElement root) =>
        root.Descendants<IElement>().Where(element => _selector.Match(element, root));

    /// <summary>The value; null where there is none.</summary>
    public string? ValueIn(IElement root)
    {
        IElement? element = In(root).FirstOrDefault();
        string? value = _attribute is null ? element?.TextContent : element?.GetAttribute(_attribute);
        value = value?.Trim();
        return value is { Length: > 0 and <= LongestValue } ? value : null;
    }

    private static bool IsAttributeLetter(char letter) =>
        char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or ':';
}
