using System.Text;
using InstructDiffusion.Training.Construction.Web.Fetching;

namespace InstructDiffusion.Training.Tests.Construction.Web.Fetching;

public sealed class RobotsFileTests
{
    [Theory]
    // The examples of RFC 9309, 5.1 and 5.2, and of its matching rules in 2.2.2 and 2.2.3.
    [InlineData("Disallow: *.gif$\nAllow: /example/", "/a/b.gif", false)]
    [InlineData("Disallow: *.gif$\nAllow: /example/", "/a/b.gifs", true)]
    [InlineData("Allow: /example/page/\nDisallow: /example/page/disallowed.gif", "/example/page/", true)]
    [InlineData("Allow: /example/page/\nDisallow: /example/page/disallowed.gif", "/example/page/disallowed.gif", false)]
    [InlineData("Disallow: /foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", false)]
    [InlineData("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false)]
    [InlineData("Disallow: /foo/bar/%E3%83%84", "/foo/bar/ツ", false)]
    [InlineData("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false)]
    [InlineData("Disallow: /foo/bar/baz", "/foo/bar/%62%61%7A", false)]
    [InlineData("Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-*.html", false)]
    [InlineData("Disallow: /path/file-with-a-%2A.html", "/path/file-with-a-x.html", true)]
    [InlineData("Disallow: /path/foo-%24", "/path/foo-$", false)]
    [InlineData("Disallow: /this/*/exactly", "/this/path/exactly", false)]
    [InlineData("Disallow: /this/*/exactly", "/this/path/not", true)]
    [InlineData("Disallow: /*/a/*/b$", "/1/a/2/b", false)]
    [InlineData("Disallow: /*/a/*/b$", "/1/a/2/b/a/3/b", false)]
    [InlineData("Disallow: /*/a/*/b$", "/1/a/2/bc", true)]
    [InlineData("Disallow: /page$\nAllow: /page", "/page", false)]
    [InlineData("Disallow: /page\nAllow: /page", "/page", true)] // equally long: the kinder
    [InlineData("Disallow: /page", "/Page", true)]
    [InlineData("Disallow: /", "/robots.txt", true)]
    [InlineData("Disallow:", "/anything", true)]
    [InlineData("Disallow: private", "/private/x", false)] // no slash: one is meant
    [InlineData("Disallow : /spaced # and why", "/spaced", false)]
    public void Allows_RulesOfOneGroup_AsTheRfcHasIt(string rules, string path, bool allowed)
    {
        RobotsFile file = Parse("User-agent: *\n" + rules);

        Assert.Equal(allowed, file.RulesFor("pairs-test").Allows(new Uri("http://site.test" + path)));
    }

    [Theory]
    [InlineData("pairs-test", "/own", false)]
    [InlineData("pairs-test", "/more", false)] // both groups that name it hold
    [InlineData("pairs-test", "/all", true)] // those for * do not
    [InlineData("PAIRS-TEST", "/own", false)]
    [InlineData("pairs", "/own", true)] // another name
    [InlineData("pairs", "/all", false)]
    [InlineData("second", "/own", false)] // two names over one group
    public void RulesFor_SeveralGroups_AreThoseThatNameIt(string token, string path, bool allowed)
    {
        RobotsFile file = Parse(
            """
            User-agent: *
            Disallow: /all

            Sitemap: https://site.test/map.xml
            User-agent: Pairs-Test/2.0
            Sitemap: https://site.test/other.xml
            User-agent: second
            Disallow: /own

            user-agent: pairs-test
            disallow: /more
            """
        );

        Assert.Equal(allowed, file.RulesFor(token).Allows(new Uri("http://site.test" + path)));
    }

    [Theory]
    [InlineData("Crawl-delay: 7.5", 7.5)]
    [InlineData("crawl-delay: 1e300", 1e6)]
    [InlineData("Crawl-delay: -1", null)]
    [InlineData("Crawl-delay: soon", null)]
    [InlineData("Disallow: /x", null)]
    public void RulesFor_CrawlDelay_IsReadAsSeconds(string line, double? seconds)
    {
        TimeSpan? delay = Parse("User-agent: *\n" + line).RulesFor("pairs-test").Delay;

        Assert.Equal(seconds, delay?.TotalSeconds);
    }

    [Fact]
    public void Parse_BeyondTheBound_IsIgnored()
    {
        string filler = string.Concat(Enumerable.Repeat("# nothing\n", RobotsFile.MaxBytes / 10));
        byte[] bytes = Encoding.UTF8.GetBytes($"User-agent: *\nDisallow: /first\n{filler}\nDisallow: /last\n");

        RobotsRules rules = RobotsFile.Parse(bytes).RulesFor("pairs-test");

        Assert.True(bytes.Length > RobotsFile.MaxBytes);
        Assert.False(rules.Allows(new Uri("http://site.test/first")));
        Assert.True(rules.Allows(new Uri("http://site.test/last")));
    }

    [Fact]
    public void Parse_RubbishAndByteOrderMarks_FailNothing()
    {
        byte[] marked = [0xEF, 0xBB, 0xBF, .. "User-agent: *\r\nDisallow: /a\r\n"u8];
        byte[] rubbish = [0xFF, 0x00, (byte)':', 0xFE, (byte)'\n', .. "Disallow: /b\nAllow"u8];

        Assert.False(RobotsFile.Parse(marked).RulesFor("x").Allows(new Uri("http://site.test/a")));
        Assert.True(RobotsFile.Parse(rubbish).RulesFor("x").Allows(new Uri("http://site.test/b")));
        Assert.True(RobotsFile.Parse([]).RulesFor("x").Allows(new Uri("http://site.test/")));
    }

    [Fact]
    public void Allows_ManyWildcardsAndLongPaths_EndsSoon()
    {
        string pattern = "/" + string.Concat(Enumerable.Repeat("a*", 2000)) + "b$";
        RobotsRules rules = Parse($"User-agent: *\nDisallow: {pattern}").RulesFor("x");

        Assert.True(rules.Allows(new Uri("http://site.test/" + new string('a', 2000))));
    }

    [Theory]
    [InlineData("pairs-test/1.0 (+https://example.org)", "pairs-test")]
    [InlineData("Pairs_Bot/2 (me@example.org)", "Pairs_Bot")]
    public void CrawlerName_WithNameAndContact_IsRead(string text, string token) =>
        Assert.Equal(token, FetchWorkshop.Crawler(text).Token);

    [Theory]
    [InlineData("", "must begin with a name")]
    [InlineData("my bot/1.0 (+https://example.org)", "must begin with a name")]
    [InlineData("bot", "must begin with a name")]
    [InlineData("bot/1.0", "must say whom to write to")]
    [InlineData("bot/1.0 (me@example.org)\r\nX: y", "ASCII")]
    public void CrawlerName_WithoutNameOrContact_IsRefused(string text, string problem)
    {
        Assert.False(CrawlerName.TryParse(text, out _, out string found));
        Assert.Contains(problem, found, StringComparison.Ordinal);
    }

    private static RobotsFile Parse(string text) => RobotsFile.Parse(Encoding.UTF8.GetBytes(text));
}
