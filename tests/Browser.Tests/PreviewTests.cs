using InstructDiffusion.Browser.Tests.Driving;

namespace InstructDiffusion.Browser.Tests;

public sealed class PreviewTests(Chromium chromium) : IDisposable
{
    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Preview_WhileItDenoises_IsSeenInPlaceOfTheResult()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#steps", "4");
        page.App.Pipeline.Permits = new SemaphoreSlim(2);

        await page.StartAsync("make it winter");
        await page.SeeAsync("#preview-tag");
        // The second of four steps is half grey; a JPEG of one colour keeps it within a level.
        await page.UntilAsync("document.getElementById('progress-text').innerText === 'Step 2 of 4'");
        await page.UntilAsync(
            """
            (() => {
              const context = new OffscreenCanvas(1, 1).getContext("2d");
              context.drawImage(document.getElementById("after"), 0, 0);
              return Math.abs(context.getImageData(0, 0, 1, 1).data[0] - 127) <= 2;
            })()
            """
        );
        page.App.Pipeline.Permits.Release(10);
        await page.ResultAsync();

        await page.MissAsync("#preview-tag");
        Assert.Empty(page.Complaints);
    }
}
