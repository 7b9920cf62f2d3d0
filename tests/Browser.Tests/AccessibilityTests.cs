using System.Text.Json;
using InstructDiffusion.Browser.Tests.Driving;
using PuppeteerSharp;

namespace InstructDiffusion.Browser.Tests;

/// <summary>What axe-core finds, and what it cannot.</summary>
public sealed class AccessibilityTests(Chromium chromium) : IDisposable
{
    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("light", 1280)]
    [InlineData("dark", 1280)]
    [InlineData("light", 360)]
    [InlineData("dark", 360)]
    public async Task Page_InEveryState_HasNoSeriousViolation(string scheme, int width)
    {
        string axe = await File.ReadAllTextAsync(await NodePackages.FileAsync("axe-core", "axe.min.js"));
        await using EditPage page = await EditPage.OpenAsync(
            chromium,
            view: new ViewPortOptions { Width = width, Height = 800 },
            scheme: scheme
        );
        await AssertAccessibleAsync(page, axe, "empty");

        await page.ClickAsync("#run");
        await page.SeeAsync("#image-error");
        await page.ChooseAsync(_files.Photo());
        await page.ClickAsync("#run");
        await page.SeeAsync("#instruction-error");
        await AssertAccessibleAsync(page, axe, "a mistake");

        await page.ClickAsync(".more summary");
        await page.ClickAsync("#model summary");
        await page.StartAsync("make it winter");
        await page.ResultAsync();
        await page.SeeAsync("#history-list li");
        await AssertAccessibleAsync(page, axe, "a result");

        await page.ClickAsync("#form-curl");
        await page.SeeAsync("#curl-dialog");
        await AssertAccessibleAsync(page, axe, "a dialog");
    }

    [Fact]
    public async Task Tab_FromTheTop_GoesThroughThePageInTheOrderSeen()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        List<string> order = [];
        for (int i = 0; i < 30; i++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            order.Add(
                await page.Page.EvaluateExpressionAsync<string>(
                    "document.activeElement.id || document.activeElement.className || document.activeElement.localName"
                )
            );
        }

        string[] expected =
        [
            "skip",
            "summary",
            "open-key",
            "choose-file",
            "use-sample",
            "instruction",
            "steps",
            "seed",
            "size",
            "run",
        ];
        int[] places = [.. expected.Select(id => order.IndexOf(id))];
        Assert.True(places.All(place => place >= 0), string.Join(", ", order));
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public async Task Progress_WhileItRuns_IsSaidToScreenReaders()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());

        await page.StartAsync("make it winter");
        await page.ResultAsync();

        await page.UntilAsync("document.getElementById('announcer').innerText.startsWith('Done.')");
    }

    private static async Task AssertAccessibleAsync(EditPage page, string axe, string state)
    {
        // Evaluated by the debugger, which the content security policy does not bind.
        await page.Page.EvaluateExpressionAsync($"{axe};0");
        string report = await page.Page.EvaluateExpressionAsync<string>(
            "axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations))"
        );
        string[] serious =
        [
            .. JsonDocument
                .Parse(report)
                .RootElement.EnumerateArray()
                .Where(found => found.GetProperty("impact").GetString() is "serious" or "critical")
                .Select(found => $"{state}: {found.GetProperty("help")}: {found.GetProperty("nodes")}"),
        ];
        Assert.Empty(serious);
    }
}
