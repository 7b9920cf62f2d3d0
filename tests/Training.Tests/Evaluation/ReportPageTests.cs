using InstructDiffusion.Training.Evaluation;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed class ReportPageTests
{
    [Fact]
    public void Page_OthersWords_AreNoMarkup()
    {
        var page = new ReportPage("<b>model</b>");
        page.Heading("a|b");
        page.Table(
            ["x"],
            [
                ["[link](http://x)"],
            ]
        );
        page.Pictures("Shown.", [new ReportPicture("1.png", [1, 2, 3], "\"><script>alert(1)</script>\nand *stars*")]);

        Assert.DoesNotContain("<script>", page.Page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page.Page, StringComparison.Ordinal);
        Assert.Contains("src=\"data:image/png;base64,AQID\"", page.Page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", page.Page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page.Markdown, StringComparison.Ordinal);
        Assert.Contains("\\*stars\\*", page.Markdown, StringComparison.Ordinal);
        Assert.Contains("a\\|b", page.Markdown, StringComparison.Ordinal);
        Assert.Contains("![](1.png)", page.Markdown, StringComparison.Ordinal);
    }
}
