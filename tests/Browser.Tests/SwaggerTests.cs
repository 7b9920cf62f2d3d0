using InstructDiffusion.Browser.Tests.Driving;
using PuppeteerSharp;

namespace InstructDiffusion.Browser.Tests;

public sealed class SwaggerTests(Chromium chromium) : IDisposable
{
    private const string Operation = "#operations-Edits-CreateEdit";

    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Execute_Edit_ShowsThePicture()
    {
        await using EditPage page = await OpenAsync();

        IElementHandle input = await page.SeeAsync($"{Operation} tr[data-property-name=image] input[type=file]");
        await input.UploadFileAsync(_files.Photo());
        await page.ClickAsync($"{Operation} .execute");
        await page.SeeAsync($"{Operation} .live-responses-table img");

        Assert.Contains(
            "200",
            await page.TextAsync($"{Operation} .live-responses-table tr.response .response-col_status"),
            StringComparison.Ordinal
        );
        await page.UntilAsync($"document.querySelector('{Operation} .live-responses-table img').naturalWidth === 96");
        // With the values that it fills in by itself, the request is what a person means by it.
        Assert.Equal(3, page.Steps.Count());
        Assert.Empty(page.Complaints);
    }

    private async Task<EditPage> OpenAsync()
    {
        EditPage page = await EditPage.OpenAsync(
            chromium,
            view: new ViewPortOptions { Width = 1280, Height = 1000 },
            path: "/swagger/index.html",
            until: Operation
        );
        await page.ClickAsync($"{Operation} .opblock-summary-control");
        await page.ClickAsync($"{Operation} .try-out__btn");
        return page;
    }
}
