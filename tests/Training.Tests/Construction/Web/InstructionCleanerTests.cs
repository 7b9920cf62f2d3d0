using InstructDiffusion.Training.Construction.Web;

namespace InstructDiffusion.Training.Tests.Construction.Web;

public sealed class InstructionCleanerTests
{
    private static readonly InstructionCleaner _cleaner = new(new InstructionRules());

    [Theory]
    [InlineData("Can someone please remove the man in the background? Thanks!", "Remove the man in the background")]
    [InlineData("[Request] Could anyone make my dog fly?", "Make my dog fly")]
    [InlineData(
        "Hi all, would you remove the glare from my glasses, please? Thank you in advance",
        "Remove the glare from my glasses"
    )]
    [InlineData("[Paid] (will pay $10) Remove the car", "Remove the car")]
    [InlineData("Remove the tourists (Paid) [Specific]", "Remove the tourists")]
    [InlineData("REQUEST: put a hat on the cat &amp; the dog", "Put a hat on the cat & the dog")]
    [InlineData("  make   the\tsky\r\nblue!! ", "Make the sky blue")]
    [InlineData("Can you remove the text (keep the logo)?", "Remove the text (keep the logo)")]
    [InlineData("Helping hand: remove it", "Helping hand: remove it")] // "help" is no whole word there
    [InlineData("Hi-res version of the sky please", "Hi-res version of the sky")]
    [InlineData("Remove the crowd – thanks in advance!!!", "Remove the crowd")]
    [InlineData("Remove the mole \ud83d\ude00", "Remove the mole 😀")]
    public void Clean_Title_BecomesAnInstruction(string title, string expected) =>
        Assert.Equal(expected, _cleaner.Clean(title, out _));

    [Theory]
    [InlineData("", "an instruction of too few words")]
    [InlineData("please", "an instruction of too few words")]
    [InlineData("[Request] help!", "an instruction of too few words")]
    [InlineData("1234 5678", "an instruction without letters")]
    [InlineData("see https://site.test/a.png and change it", "an instruction with a link")]
    public void Clean_NoInstruction_IsRefusedWithTheReason(string title, string reason)
    {
        Assert.Null(_cleaner.Clean(title, out string problem));
        Assert.Equal(reason, problem);
    }

    [Fact]
    public void Clean_HostileTitle_IsRefusedOrPlain()
    {
        Assert.Null(_cleaner.Clean(new string('a', 5000), out string tooLong));
        string? nested = _cleaner.Clean(string.Concat(Enumerable.Repeat("please ", 500)) + "go home", out _);
        string? half = _cleaner.Clean("remove the \ud800 sign\u0007 here", out _);

        Assert.Equal("a title that is too long", tooLong);
        Assert.Null(nested); // more pleases than are taken off: it stays too long
        Assert.Equal("Remove the \ufffd sign here", half);
    }

    [Fact]
    public void Find_UnsafeWords_AreWholeWordsAndPhrasesInAnyCase()
    {
        var words = new UnsafeWords(["gore", "Not Safe", "  "]);

        Assert.Equal("gore", words.FindIn("so much GORE!"));
        Assert.Equal("not safe", words.FindIn("this is not-safe, really"));
        Assert.Null(words.FindIn("Gorecki was safe"));
        Assert.Null(new UnsafeWords([]).FindIn("gore"));
    }

    [Theory]
    [InlineData("http://site.test/a.png", "CC0-1.0")]
    [InlineData("http://SITE.test:81/a.png", "CC0-1.0")]
    [InlineData("http://files.photos.test/a.png", "CC-BY-4.0")]
    [InlineData("http://photos.test/a.png", null)]
    [InlineData("http://evilsite.test/a.png", null)]
    public void Of_Licences_AreThoseOfTheHost(string address, string? licence)
    {
        var table = new LicenceTable(
            new Dictionary<string, string> { ["site.test"] = "CC0-1.0", ["*.photos.test"] = "CC-BY-4.0" }
        );

        Assert.Equal(licence, table.Of(new Uri(address)));
    }

    [Fact]
    public void In_Links_AreThoseToPicturesEachOnce()
    {
        var links = new PictureLinks([new LinkRewrite("https://pics.test/{id}", "https://files.pics.test/{id}.jpg")]);

        IReadOnlyList<Uri> found = links.In(
            "[here](https://a.test/x.PNG?w=1&amp;h=2), https://a.test/page.html; <https://pics.test/aB_3-> and again "
                + "https://a.test/x.PNG?w=1&h=2. https://pics.test/a/b ftp://a.test/y.png https://u:p@a.test/z.png"
        );

        Assert.Equal(
            ["https://a.test/x.PNG?w=1&h=2", "https://files.pics.test/aB_3-.jpg"],
            found.Select(link => link.AbsoluteUri)
        );
    }
}
