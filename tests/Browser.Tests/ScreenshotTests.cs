using InstructDiffusion.Api.Tests;
using InstructDiffusion.Browser.Tests.Driving;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using PuppeteerSharp;

namespace InstructDiffusion.Browser.Tests;

/// <summary>Makes the pictures of docs/page.md, to be looked at; only when asked, by a folder in <see cref="Variable"/>.</summary>
public sealed class ScreenshotTests(Chromium chromium)
{
    private const string Variable = "PAGE_SCREENSHOTS";

    [Theory]
    [InlineData("page.png", "light", 1280, 860)]
    [InlineData("page-phone.png", "dark", 390, 760)]
    public async Task Page_AfterAnEdit_IsPictured(string name, string scheme, int width, int height)
    {
        string? folder = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(folder is null, $"Pictures are made when {Variable} names a folder.");
        var app = new ApiApplication { Pipeline = new FakeEditPipeline { Description = StandIn } };
        bool isPhone = width < 500;
        await using EditPage page = await EditPage.OpenAsync(
            chromium,
            app,
            new ViewPortOptions
            {
                Width = width,
                Height = height,
                HasTouch = isPhone,
                IsMobile = isPhone,
            },
            scheme
        );
        await page.ClickAsync("#use-sample");
        await page.SeeAsync("#before[src]");
        await page.TypeAsync("#seed", "0");
        await page.ClickAsync("#example-list button");
        await page.ClickAsync("#run");
        await page.ResultAsync();
        await page.SeeAsync("#history-list li");
        await page.Page.EvaluateExpressionAsync("document.activeElement.blur(); scrollTo(0, 0)");

        string path = Path.Combine(folder!, name);
        await page.Page.ScreenshotAsync(path);

        Assert.True(new FileInfo(path).Length > 10_000);
    }

    /// <summary>What the fake pipeline can do.</summary>
    private static ModelDescription StandIn =>
        new()
        {
            Name = "stand-in",
            IsUntrainedReference = false,
            Family = GuidanceFamily.InstructDiffusion,
            DefaultSteps = 20,
            DefaultResolution = 512,
            Tasks =
            [
                new TaskPreset
                {
                    Name = "editing",
                    Instructions = ["invert the colours", "turn the sky to night", "remove the red ball"],
                    TextGuidanceScale = 5,
                    ImageGuidanceScale = 1.25,
                    Steps = 20,
                    Resolution = 512,
                },
            ],
        };
}
