using System.Globalization;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Construction.Web.Pages;

/// <summary>The requests of pages, by their hosts' rules.</summary>
/// <param name="rules">The user's.</param>
/// <param name="allowsUnknownLicence">Keep what has no licence, as unknown.</param>
/// <param name="log">Told what is left out.</param>
internal sealed class PageReader(WebRules rules, bool allowsUnknownLicence, RejectionLog log)
{
    private const int MostRequests = 500;
    private const int MostAnswers = 200;

    private readonly LicenceTable _licences = new(rules.Licences);
    private readonly UnsafeWords _unsafe = new(rules.UnsafeWords);
    private readonly InstructionCleaner _cleaner = new(rules.Instructions);

    /// <summary>The requests of a page, and where the list goes on.</summary>
    /// <param name="page">Where it lies.</param>
    /// <param name="bytes">The page.</param>
    /// <param name="mediaType">What its host calls it.</param>
    public (IReadOnlyList<WebRequest> Requests, Uri? Next) Read(Uri page, byte[] bytes, string? mediaType)
    {
        string host = WebAddress.HostOf(page);
        if (
            rules.Pages.FirstOrDefault(rule => rule.Host.Equals(host, StringComparison.OrdinalIgnoreCase))
            is not { } rule
        )
        {
            log.Reject("a page of a host without rules", page.AbsoluteUri);
            return ([], null);
        }
        try
        {
            using IHtmlDocument document = PageParser.Parse(bytes, mediaType);
            return Read(document, rule, page);
        }
        catch (InvalidDataException error)
        {
            log.Reject(error.Message, page.AbsoluteUri);
            return ([], null);
        }
    }

    private (IReadOnlyList<WebRequest> Requests, Uri? Next) Read(IHtmlDocument document, PageRules rule, Uri page)
    {
        var requests = new List<WebRequest>();
        IElement root = document.DocumentElement;
        if (
            document
                .QuerySelectorAll("meta[name=robots]")
                .Any(meta => NoTraining.IsIn(meta.GetAttribute("content") ?? ""))
        )
        {
            log.Reject(NoTraining.Reason, page.AbsoluteUri);
            return (requests, null);
        }
        Uri place = WebAddress.Read(document.QuerySelector("base[href]")?.GetAttribute("href"), page) ?? page;
        foreach (IElement element in PageSelector.Parse(rule.Request).In(root).Take(MostRequests))
        {
            if (RequestOf(element, rule, page, place) is { } request)
            {
                requests.Add(request);
            }
        }
        if (requests.Count == 0)
        {
            log.LeaveOut("a page without requests that are of use", page.AbsoluteUri);
        }
        return (requests, AddressIn(root, rule.Next, place));
    }

    private WebRequest? RequestOf(IElement element, PageRules rule, Uri page, Uri place)
    {
        string? title = ValueIn(element, rule.Title);
        Uri? source = AddressIn(element, rule.Source, place);
        string permalink = (AddressIn(element, rule.Permalink, place) ?? page).AbsoluteUri;
        string? said = rule.Text is { } text ? ValueIn(element, text) : null;
        string? licence = source is null ? null : LicenceOf(element, rule, source);
        string? instruction = null;
        string problem =
            title is null ? "no title"
            : source is null ? "no picture to change"
            : rule.Unsafe is { } mark && PageSelector.Parse(mark).In(element).Any() ? "unsafe: marked on the page"
            : _unsafe.FindIn($"{title}\n{said}") is not null ? "unsafe: a word of the list"
            : licence is null ? LicenceTable.Reason
            : "";
        if (problem.Length == 0)
        {
            instruction = _cleaner.Clean(title!, out problem);
        }
        if (instruction is null)
        {
            log.Reject(problem, $"{permalink}: {title}");
            return null;
        }
        IReadOnlyList<WebPicture> results = ResultsOf(element, rule, place, source!, permalink);
        if (results.Count == 0)
        {
            log.Reject("no result", permalink);
            return null;
        }
        return new WebRequest
        {
            Id = IdOf(page, permalink, source!),
            Permalink = permalink,
            Instruction = instruction,
            Title = title!,
            Source = new WebPicture
            {
                Url = source!.AbsoluteUri,
                Permalink = permalink,
                Licence = licence,
                Author = WebPicture.Name(ValueIn(element, rule.Author)),
            },
            Results = results,
        };
    }

    private IReadOnlyList<WebPicture> ResultsOf(
        IElement element,
        PageRules rule,
        Uri place,
        Uri source,
        string permalink
    )
    {
        var found = new List<WebPicture>();
        foreach (IElement answer in PageSelector.Parse(rule.Result).In(element).Take(MostAnswers))
        {
            Uri? picture = AddressIn(answer, rule.ResultPicture, place);
            string? licence = picture is null ? null : LicenceOf(element, rule, picture);
            string problem =
                picture is null ? "result: without a picture"
                : picture == source ? "result: the picture to change"
                : _unsafe.FindIn(answer.TextContent) is not null ? "result: unsafe: a word of the list"
                : licence is null ? $"result: {LicenceTable.Reason}"
                : "";
            if (problem.Length > 0)
            {
                log.Reject(problem, $"{permalink}: {picture}");
                continue;
            }
            found.Add(
                new WebPicture
                {
                    Url = picture!.AbsoluteUri,
                    Permalink = permalink,
                    Licence = licence,
                    Author = WebPicture.Name(ValueIn(answer, rule.ResultAuthor)),
                    Score = ScoreOf(ValueIn(answer, rule.ResultScore)),
                }
            );
        }
        // Of equal scores the order of the page holds.
        return
        [
            .. found
                .DistinctBy(result => result.Url, StringComparer.Ordinal)
                .OrderByDescending(result => result.Score)
                .Take(rule.MostResults),
        ];
    }

    private string? LicenceOf(IElement element, PageRules rule, Uri picture) =>
        WebPicture.Name(ValueIn(element, rule.Licence))
        ?? _licences.Of(picture)
        ?? (allowsUnknownLicence ? LicenceTable.Unknown : null);

    private static string? ValueIn(IElement element, string? selector) =>
        selector is null ? null : PageSelector.Parse(selector).ValueIn(element);

    private static Uri? AddressIn(IElement element, string? selector, Uri place) =>
        WebAddress.Read(ValueIn(element, selector), place);

    // "1,234 votes" is 1234.
    private static long ScoreOf(string? text)
    {
        const int MostDigits = 15;
        bool isNegative = text?.TrimStart().FirstOrDefault() is '-' or '−';
        string digits = new([.. (text ?? "").Where(char.IsAsciiDigit).Take(MostDigits)]);
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long score)
            ? (isNegative ? -score : score)
            : 0;
    }

    private static string IdOf(Uri page, string permalink, Uri source) =>
        $"{WebAddress.HostOf(page)}/{WebCache.HashOf(Encoding.UTF8.GetBytes($"{permalink} {source.AbsoluteUri}"))[..16]}";
}
