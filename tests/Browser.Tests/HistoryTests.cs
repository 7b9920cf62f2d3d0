using InstructDiffusion.Browser.Tests.Driving;

namespace InstructDiffusion.Browser.Tests;

public sealed class HistoryTests(Chromium chromium) : IDisposable
{
    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task History_Restored_BringsBackPictureSettingsAndResult()
    {
        await using EditPage page = await OpenWithTwoEditsAsync();
        Assert.Equal("second", await page.ValueAsync<string>("#instruction"));

        await page.ClickAsync("#history-list li:nth-child(2) .history-open");
        await page.UntilAsync("document.getElementById('instruction').value === 'first'");
        await page.UntilAsync("document.getElementById('facts').innerText.includes('seed 1')");

        Assert.Equal("1", await page.ValueAsync<string>("#seed"));
        await page.AssertEditedAsync(5, 5, seed: 1);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task History_PageLoadedAgain_IsStillThere()
    {
        await using EditPage page = await OpenWithTwoEditsAsync();

        await page.Page.ReloadAsync();
        await page.SeeAsync("#sliders .field"); // nothing moves any more
        await page.SeeAsync("#history-list li:nth-child(2)");

        Assert.Contains("survive a reload", await page.TextAsync("#history-place"), StringComparison.Ordinal);
        await page.ClickAsync("#history-list li:nth-child(1) .history-open");
        await page.ResultAsync();
        Assert.Contains("seed 2", await page.TextAsync("#facts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task History_OfAnotherTab_IsNotShown()
    {
        await using EditPage page = await OpenWithTwoEditsAsync();
        var tab = await page.Page.BrowserContext.NewPageAsync();

        await tab.GoToAsync(page.App.Address.ToString());
        await tab.WaitForSelectorAsync("#sliders .field");

        Assert.Equal(0, await tab.EvaluateExpressionAsync<int>("document.querySelectorAll('#history-list li').length"));
    }

    [Fact]
    public async Task History_Forgotten_IsGoneForGood()
    {
        await using EditPage page = await OpenWithTwoEditsAsync();

        await page.ClickAsync("#history-list li:nth-child(1) .history-remove");
        await page.UntilAsync("document.querySelectorAll('#history-list li').length === 1");
        await page.Page.ReloadAsync();
        await page.SeeAsync("#sliders .field"); // nothing moves any more
        await page.SeeAsync("#history-list li");

        Assert.Contains("first", await page.TextAsync("#history-list"), StringComparison.Ordinal);
        await page.ClickAsync("#clear-history");
        await page.MissAsync("#history");
    }

    [Fact]
    public async Task History_WithoutADatabase_IsKeptInMemoryAndSaysSo()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.Page.EvaluateExpressionOnNewDocumentAsync(
            "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('off', 'SecurityError'); } })"
        );
        await page.Page.ReloadAsync();
        await page.SeeAsync("#sliders .field");

        await EditAsync(page, "first", "1");

        Assert.Contains("memory alone", await page.TextAsync("#history-place"), StringComparison.Ordinal);
        Assert.Contains("first", await page.TextAsync("#history-list"), StringComparison.Ordinal);
    }

    private async Task<EditPage> OpenWithTwoEditsAsync()
    {
        EditPage page = await EditPage.OpenAsync(chromium);
        await EditAsync(page, "first", "1");
        await EditAsync(page, "second", "2");
        return page;
    }

    private async Task EditAsync(EditPage page, string instruction, string seed)
    {
        if (await page.Page.EvaluateExpressionAsync<bool>("document.getElementById('work').hidden"))
        {
            await page.ChooseAsync(_files.Photo());
        }
        await page.TypeAsync("#seed", seed);
        await page.StartAsync(instruction);
        await page.UntilAsync($"document.getElementById('facts').innerText.includes('seed {seed} ')");
        await page.UntilAsync($"document.getElementById('history-list').innerText.includes('{instruction}')");
    }
}
