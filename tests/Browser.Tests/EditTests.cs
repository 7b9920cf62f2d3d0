using InstructDiffusion.Api.Tests;
using InstructDiffusion.Browser.Tests.Driving;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using PuppeteerSharp;

namespace InstructDiffusion.Browser.Tests;

public sealed class EditTests(Chromium chromium) : IDisposable
{
    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Edit_ChosenPicture_ShowsTheResultBesideTheSource()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#seed", "7");

        await page.StartAsync("make it winter");
        await page.ResultAsync();

        await page.AssertEditedAsync(10, 20, seed: 7);
        Assert.Contains("seed 7", await page.TextAsync("#facts"), StringComparison.Ordinal);
        Assert.Contains("untrained", await page.TextAsync("#facts"), StringComparison.Ordinal);
        Assert.Empty(page.Complaints);
        Assert.Empty(page.App.Pipeline.Breaches);
    }

    [Fact]
    public async Task Edit_ByTheKeyboardAlone_Works()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.Page.FocusAsync("#instruction");

        await page.Page.Keyboard.TypeAsync("make it winter");
        await page.Page.Keyboard.DownAsync("Control");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Page.Keyboard.UpAsync("Control");
        await page.ResultAsync();

        await page.Page.FocusAsync("#compare");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal("51 % before, 49 % after", await Attribute(page, "#compare", "aria-valuetext"));
        await page.Page.Keyboard.PressAsync("Home");
        Assert.Equal("0 % before, 100 % after", await Attribute(page, "#compare", "aria-valuetext"));
        Assert.Equal(
            "inset(0px 0px 0px 0%)",
            await page.Page.EvaluateExpressionAsync<string>(
                "getComputedStyle(document.getElementById('after')).clipPath"
            )
        );
    }

    [Fact]
    public async Task Compare_DraggedByThePointer_MovesTheLine()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.StartAsync("make it winter");
        await page.ResultAsync();
        BoundingBox box = await (await page.SeeAsync("#compare")).BoundingBoxAsync();

        await page.Page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + (box.Height / 2));
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.MoveAsync(box.X + (box.Width / 4), box.Y + (box.Height / 2));
        await page.Page.Mouse.UpAsync();

        Assert.InRange(int.Parse(await page.ValueAsync<string>("#compare")), 22, 28);
    }

    [Fact]
    public async Task Edit_Untrained_IsToldAtTheTop()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);

        Assert.Contains("untrained reference model", await page.TextAsync("#untrained"), StringComparison.Ordinal);
        Assert.Equal("fake (untrained)", await page.TextAsync("#model-name"));
    }

    [Fact]
    public async Task Edit_PictureSent_IsTheFileItself()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        RgbImage picture = TestImages.Photo(40, 30);
        // JPEG: a picture drawn again by the browser would differ.
        await page.ChooseAsync(_files.Write("photo.jpg", ImageCodec.Encode(picture, ImageFileFormat.Jpeg)));
        RgbImage? sent = null;
        page.App.Pipeline.OnPrepare = request => sent = request.Image;

        await page.StartAsync("make it winter");
        await page.ResultAsync();

        byte[] file = await File.ReadAllBytesAsync(Path.Combine(_files.Folder, "photo.jpg"));
        RgbImage expected = ImageCodec.Decode(file, ImageDecodeLimits.Default).Image;
        Assert.Equal(expected.Pixels.ToArray(), sent!.Pixels.ToArray());
    }

    [Fact]
    public async Task Cancel_WhileItRuns_TakesTheEditOutOfTheBatch()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        FakeEditPipeline pipeline = page.App.Pipeline;
        await page.ChooseAsync(_files.Photo());
        pipeline.Permits = new SemaphoreSlim(1);
        await page.StartAsync("make it winter");
        await ApiApplication.Until(() => page.Steps.Count() == 1); // of three
        await page.UntilAsync("document.getElementById('progress-text').innerText !== ''");

        await page.ClickAsync("#cancel");
        await page.MissAsync("#progress");
        await ApiApplication.Until(() => page.App.Aborts.Count == 1);
        pipeline.Permits.Release(10);

        await ApiApplication.Until(() => pipeline.Disposed == pipeline.Prepared);
        // One more may have begun before the server heard of it.
        Assert.InRange(page.Steps.Count(), 1, 2);
        Assert.Equal("Edit", await page.TextAsync("#run-text"));
        await page.MissAsync("#result-tools");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task UseResult_AfterAnEdit_MakesItTheSource()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#seed", "5");
        await page.StartAsync("make it winter");
        await page.ResultAsync();
        int[] result = await page.PixelAsync("#after", 3, 3);

        await page.ClickAsync("#use-result");
        await page.MissAsync("#result-tools");

        Assert.Equal(result, await page.PixelAsync("#before", 3, 3));
        Assert.Equal("instruction", await page.FocusAsync());
    }

    [Fact]
    public async Task Sample_ForThoseWithoutAPicture_IsShownAndEdited()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);

        await page.ClickAsync("#use-sample");
        await page.SeeAsync("#before[src]");
        await page.StartAsync("make it winter");
        await page.ResultAsync();

        Assert.Empty(page.Complaints);
    }

    private static Task<string> Attribute(EditPage page, string selector, string name) =>
        page.Page.EvaluateFunctionAsync<string>("(s, n) => document.querySelector(s).getAttribute(n)", selector, name);
}
