using System.Text;
using InstructDiffusion.Training.Construction.Web;
using InstructDiffusion.Training.Construction.Web.Pages;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Tests.Construction.Web.Pages;

public sealed class PageReaderTests
{
    private static readonly Uri _page = new("http://forum.test/list/1");

    private static readonly WebRules _rules = new()
    {
        Licences = new(StringComparer.Ordinal) { ["*.forum.test"] = "CC0-1.0", ["forum.test"] = "CC0-1.0" },
        UnsafeWords = ["gore"],
        Pages =
        [
            new PageRules
            {
                Host = "forum.test",
                Request = "article.request",
                Title = "h2",
                Source = ".before img@src",
                Result = "li.answer",
                ResultPicture = "a.full@href",
                ResultScore = ".votes",
                ResultAuthor = ".by",
                Author = ".asker",
                Licence = "a[rel=license]@href",
                Unsafe = ".adult",
                Permalink = "a.self@href",
                Next = "a[rel=next]@href",
            },
        ],
    };

    private readonly RejectionLog _log = new();

    [Fact]
    public void Read_PageOfRequests_GivesThemByTheRules()
    {
        (IReadOnlyList<WebRequest> requests, Uri? next) = Read(
            """
            <!doctype html><title>x</title><base href="/files/">
            <article class="request"><h2>Could anyone make the <b>sky</b> red?</h2><a class=self href="/r/7">7</a>
              <span class="asker">ann</span><div class="before"><img src="sky.png"></div>
              <ul><li class="answer"><a class="full" href="1.png">x</a><i class="votes">3</i><i class="by">bob</i>
                  <li class="answer"><a class="full" href="http://cdn.forum.test/2.png">x</a><i class="votes">1,204 votes</i>
                  <li class="answer">words</ul></article>
            <article class="request"><h2>Remove it all</h2><div class="before"><img src="b.png"></div><p class="adult">18+</article>
            <article class="request"><h2>Remove the gore</h2><div class="before"><img src="c.png"></div></article>
            <article class="request"><h2>Remove the fence</h2><div class="before"><img src="javascript:alert(1)"></div></article>
            <article class="request"><h2>Remove the dog</h2><div class="before"><img src="e.png"></div></article>
            <a rel="next" href="/list/2">on</a>
            """
        );

        WebRequest request = Assert.Single(requests);
        Assert.Equal("Make the sky red", request.Instruction);
        Assert.Equal("http://forum.test/r/7", request.Permalink);
        Assert.StartsWith("forum.test/", request.Id, StringComparison.Ordinal);
        Assert.Equal(
            ("http://forum.test/files/sky.png", "ann", "CC0-1.0"),
            (request.Source.Url, request.Source.Author, request.Source.Licence)
        );
        Assert.Equal(
            ["http://cdn.forum.test/2.png", "http://forum.test/files/1.png"],
            request.Results.Select(result => result.Url)
        );
        Assert.Equal([1204L, 3L], request.Results.Select(result => result.Score));
        Assert.Equal("http://forum.test/list/2", next?.AbsoluteUri);
        Assert.Equal(
            [
                "no picture to change",
                "no result",
                "result: without a picture",
                "unsafe: a word of the list",
                "unsafe: marked on the page",
            ],
            _log.Rejected.Select(rejection => rejection.Reason).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Read_LicenceOnThePage_IsThatOfItsPictures()
    {
        (IReadOnlyList<WebRequest> requests, _) = Read(
            """
            <article class="request"><h2>Make it blue</h2><div class="before"><img src="http://else.test/a.png"></div>
            <a rel=license href="https://creativecommons.org/licenses/by/4.0/">BY</a>
            <li class="answer"><a class="full" href="http://else.test/b.png">x</a></article>
            """
        );

        WebRequest request = Assert.Single(requests);
        Assert.Equal("https://creativecommons.org/licenses/by/4.0/", request.Source.Licence);
        Assert.Equal(request.Source.Licence, request.Results[0].Licence);
    }

    [Fact]
    public void Read_PageReservedFromTraining_IsLeft()
    {
        (IReadOnlyList<WebRequest> requests, _) = Read(
            """<meta name="robots" content="noindex, NOAI"><article class=request>"""
        );

        Assert.Empty(requests);
        Assert.Equal("is reserved from training by its owner", Assert.Single(_log.Rejected).Reason);
    }

    [Fact]
    public void Read_PageOfAnotherHost_HasNoRules()
    {
        var reader = new PageReader(_rules, allowsUnknownLicence: false, _log);

        (IReadOnlyList<WebRequest> requests, _) = reader.Read(new Uri("http://other.test/"), "<p>"u8.ToArray(), null);

        Assert.Empty(requests);
        Assert.Equal("a page of a host without rules", Assert.Single(_log.Rejected).Reason);
    }

    [Theory]
    [InlineData("<div>", 5_000)]
    [InlineData("<b><i><u>", 1_000)]
    [InlineData("<table><tr><td>", 1_000)]
    [InlineData("<article class=request><h2>Make it red</h2>", 500)]
    [InlineData("<a b=c", 10_000)]
    public void Read_AbsurdNesting_EndsWithoutAPair(string opening, int times)
    {
        (IReadOnlyList<WebRequest> requests, _) = Read(string.Concat(Enumerable.Repeat(opening, times)));

        Assert.Empty(requests);
    }

    [Fact]
    public void Read_TooManyElements_IsRejectedWithTheReason()
    {
        Read(string.Concat(Enumerable.Repeat("<br>", 31_000)));

        Assert.Contains("a page of too many elements", _log.Rejected.Select(rejection => rejection.Reason));
    }

    [Fact]
    public void Read_CharactersByTheHeader_GoBeforeThePages()
    {
        byte[] latin = Encoding.Latin1.GetBytes(
            "<meta charset=utf-8><article class=request><h2>Remove the caf\u00e9</h2><div class=before><img src=a.png></div>"
                + "<li class=answer><a class=full href=b.png></a></article>"
        );
        var reader = new PageReader(_rules, allowsUnknownLicence: false, _log);

        (IReadOnlyList<WebRequest> requests, _) = reader.Read(_page, latin, "text/html; charset=iso-8859-1");
        (IReadOnlyList<WebRequest> odd, _) = reader.Read(_page, latin, "text/html; charset=klingon");

        Assert.Equal("Remove the café", Assert.Single(requests).Instruction);
        Assert.Single(odd);
    }

    private (IReadOnlyList<WebRequest> Requests, Uri? Next) Read(string html) =>
        new PageReader(_rules, allowsUnknownLicence: false, _log).Read(
            _page,
            Encoding.UTF8.GetBytes(html),
            "text/html"
        );
}
