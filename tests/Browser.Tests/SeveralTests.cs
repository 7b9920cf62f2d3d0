using InstructDiffusion.Api.Tests;
using InstructDiffusion.Browser.Tests.Driving;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using PuppeteerSharp;

namespace InstructDiffusion.Browser.Tests;

/// <summary>Several results of one request, progress, masks: what the server's document offers beyond a plain edit.</summary>
public sealed class SeveralTests(Chromium chromium) : IDisposable
{
    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Edit_ThreeResults_AreThumbnailsToChooseFrom()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#count", "3");
        await page.TypeAsync("#seed", "20");

        await page.StartAsync("make it winter");
        await page.ResultAsync();

        await page.SeeAsync("#thumbnails button:nth-child(3)");
        int[] first = await page.PixelAsync("#after", 8, 8);
        await page.ClickAsync("#thumbnails button:nth-child(3)");
        await page.UntilAsync("document.getElementById('facts').innerText.includes('seed 22 ')");
        int[] third = await page.PixelAsync("#after", 8, 8);
        Assert.Equal([.. first.Take(3).Select(value => (value + 2) & 255), 255], third);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Progress_WhileItRuns_CountsTheSteps()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#steps", "5");
        page.App.Pipeline.Permits = new SemaphoreSlim(2);

        await page.StartAsync("make it winter");
        await page.UntilAsync("document.getElementById('progress-text').innerText === 'Step 2 of 5'");
        Assert.Equal(2, await page.ValueAsync<int>("#progress-bar"));
        page.App.Pipeline.Permits.Release(10);

        await page.ResultAsync();
    }

    [Fact]
    public async Task Mask_Painted_IsAllThatChanges()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#seed", "0");
        await page.ClickAsync("#draw-mask");
        BoundingBox box = await (await page.SeeAsync("#mask")).BoundingBoxAsync();

        decimal y = box.Y + (box.Height / 2);
        await page.Page.Mouse.MoveAsync(box.X + (box.Width / 4), y);
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.MoveAsync(box.X + (box.Width / 3), y);
        await page.Page.Mouse.UpAsync();
        await page.StartAsync("make it winter");
        await page.ResultAsync();

        await page.AssertEditedAsync(28, 32, seed: 0);
        await page.AssertUntouchedAsync(80, 10);
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Mask_PaintedByTheKeyboard_Counts()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#seed", "0");
        await page.ClickAsync("#draw-mask");
        await page.Page.FocusAsync("#mask");

        await page.Page.Keyboard.PressAsync("ArrowLeft");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.Page.Keyboard.PressAsync("Space");
        await page.StartAsync("make it winter");
        await page.ResultAsync();

        await page.AssertEditedAsync(48, 32, seed: 0);
        await page.AssertUntouchedAsync(5, 5);
    }

    [Fact]
    public async Task Mask_ClearedOrTakenBack_ChangesTheWholePicture()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#seed", "0");
        await page.ClickAsync("#draw-mask");
        await page.Page.FocusAsync("#mask");
        await page.Page.Keyboard.PressAsync("Space");
        await page.ClickAsync("#mask-undo");

        await page.StartAsync("make it winter");
        await page.ResultAsync();

        await page.AssertEditedAsync(5, 5, seed: 0);
    }

    [Fact]
    public async Task Mask_OfAnEarlierEdit_ComesBackWithIt()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#seed", "0");
        await page.ClickAsync("#draw-mask");
        await page.Page.FocusAsync("#mask");
        await page.Page.Keyboard.PressAsync("Space");
        await page.StartAsync("make it winter");
        await page.SeeAsync("#history-list li");
        await page.ChooseAsync(_files.Photo("other.png"));

        await page.ClickAsync("#history-list .history-open");
        await page.ResultAsync();
        await page.StartAsync("again");
        await page.SeeAsync("#history-list li:nth-child(2)");

        await page.AssertEditedAsync(48, 32, seed: 0);
        await page.AssertUntouchedAsync(5, 5);
    }

    [Fact]
    public async Task Example_Chosen_SetsTheValuesOfItsTask()
    {
        var app = new ApiApplication
        {
            Pipeline = new FakeEditPipeline
            {
                Description = new ModelDescription
                {
                    Name = "trained",
                    IsUntrainedReference = false,
                    Family = GuidanceFamily.InstructDiffusion,
                    DefaultSteps = 3,
                    DefaultResolution = 64,
                    Tasks =
                    [
                        Preset("editing", "make it winter", 5, 1.25, 20),
                        Preset("segmentation", "mark the dog", 7.5, 1.5, 40),
                    ],
                },
            },
        };
        await using EditPage page = await EditPage.OpenAsync(chromium, app);

        await page.Page.SelectAsync("#task", "1");
        await page.ClickAsync("#example-list button");

        Assert.Equal("mark the dog", await page.ValueAsync<string>("#instruction"));
        Assert.Equal(
            ["40", "7.5", "1.5", "64"],
            [
                await page.ValueAsync<string>("#steps"),
                await page.ValueAsync<string>("#textScale"),
                await page.ValueAsync<string>("#imageScale"),
                await page.ValueAsync<string>("#size"),
            ]
        );
        await page.MissAsync("#untrained");
        await page.ClickAsync("#reset-settings");
        Assert.Equal("3", await page.ValueAsync<string>("#steps"));
        Assert.Equal("mark the dog", await page.ValueAsync<string>("#instruction"));
    }

    private static TaskPreset Preset(string name, string instruction, double text, double image, int steps) =>
        new()
        {
            Name = name,
            Instructions = [instruction],
            TextGuidanceScale = text,
            ImageGuidanceScale = image,
            Steps = steps,
            Resolution = 64,
        };
}
