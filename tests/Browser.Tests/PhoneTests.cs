using InstructDiffusion.Browser.Tests.Driving;
using PuppeteerSharp;

namespace InstructDiffusion.Browser.Tests;

/// <summary>At the width of a small phone, by touch.</summary>
public sealed class PhoneTests(Chromium chromium) : IDisposable
{
    private static readonly ViewPortOptions Phone = new()
    {
        Width = 360,
        Height = 740,
        HasTouch = true,
        IsMobile = true,
    };

    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Edit_OnAPhone_FitsTheWidthAtEveryMoment()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium, view: Phone);
        await AssertFitsAsync(page);
        await page.SeeAsync("label:has(#camera-file)");

        await page.ChooseAsync(_files.Photo("wide.png", 400, 60));
        await AssertFitsAsync(page);
        await (await page.SeeAsync("#instruction")).TypeAsync("make it winter");
        await (await page.SeeAsync("#run")).TapAsync();
        await page.ResultAsync();
        await AssertFitsAsync(page);
        await page.UntilAsync("document.getElementById('frame').getBoundingClientRect().top >= 0");

        await (await page.SeeAsync("#form-curl")).TapAsync();
        await page.SeeAsync("#curl-dialog");
        await AssertFitsAsync(page);
    }

    [Fact]
    public async Task Run_OnAPhone_IsAlwaysAtHand()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium, view: Phone);

        BoundingBox box = await (await page.SeeAsync("#run")).BoundingBoxAsync();

        Assert.InRange(box.Y + box.Height, 600, 740);
        Assert.True(box.Height >= 44, "a finger needs 44 pixels");
    }

    private static async Task AssertFitsAsync(EditPage page) =>
        Assert.Equal(360, await page.Page.EvaluateExpressionAsync<int>("document.scrollingElement.scrollWidth"));
}
