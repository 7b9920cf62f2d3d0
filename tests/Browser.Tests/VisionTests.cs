using InstructDiffusion.Api.Tests;
using InstructDiffusion.Api.Tests.Vision;
using InstructDiffusion.Browser.Tests.Driving;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Browser.Tests;

/// <summary>What was found is drawn over the picture and told in words.</summary>
public sealed class VisionTests(Chromium chromium) : IDisposable
{
    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Mask_OfAThing_IsTintedAndToldAndKept()
    {
        await using EditPage page = await OpenAsync("segment");
        page.App.Pipeline.Paint = Painter.Covering((x, y) => x is >= 16 and < 48 && y is >= 8 and < 24);

        await page.StartAsync("the cat");
        string told = await page.TextAsync("#found");

        Assert.Contains("the cat: box at 32, 16, 64 × 32 pixels", told, StringComparison.Ordinal);
        Assert.NotEqual(0, await OpacityAsync(page, 64, 32));
        Assert.Equal(0, await OpacityAsync(page, 10, 100));
        await page.SeeAsync("#history-list li");
        await page.ClickAsync("#remove-source");
        await page.ClickAsync("#history-list .history-open");
        await page.SeeAsync("#found li");
        Assert.Equal(told, await page.TextAsync("#found"));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task Points_SomeFound_AreDrawnAndTheOthersToldAsMissing()
    {
        await using EditPage page = await OpenAsync("keypoints");
        page.App.Pipeline.Paint = Painter.Marking(("left eye", 20, 30));

        await page.StartAsync("left eye, right eye");
        string told = await page.TextAsync("#found");

        Assert.Contains("left eye: at ", told, StringComparison.Ordinal);
        Assert.Contains("right eye: not found", told, StringComparison.Ordinal);
        Assert.NotEqual(0, await OpacityAsync(page, 41, 61));
    }

    [Fact]
    public async Task Boxes_AroundAThing_AreToldAndItsCommandAsksForJson()
    {
        await using EditPage page = await OpenAsync("detect");
        page.App.Pipeline.Paint = Painter.Covering((x, y) => x is >= 16 and < 48 && y is >= 8 and < 24);

        await page.StartAsync("the cat");

        Assert.Contains("the cat: box at 32, 16", await page.TextAsync("#found"), StringComparison.Ordinal);
        await page.ClickAsync("#result-curl");
        string command = await page.TextAsync("#curl-command");
        Assert.Contains("/v1/vision/detect", command, StringComparison.Ordinal);
        Assert.Contains("target=the cat", command, StringComparison.Ordinal);
        Assert.Contains("application/json", command, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_Noise_GivesAPicture()
    {
        await using EditPage page = await OpenAsync("restore");

        await page.Page.SelectAsync("#kind", "denoise");
        await page.ClickAsync("#run");
        await page.ResultAsync();

        await page.SeeAsync("#compare");
        Assert.Contains(page.Steps, step => step.Contains("remove the noise from this photo"));
    }

    private async Task<EditPage> OpenAsync(string mode)
    {
        var app = new ApiApplication { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
        EditPage page = await EditPage.OpenAsync(chromium, app);
        RgbImage plain = TestImages.Plain(128, 128, 40, 60, 90);
        await page.ChooseAsync(_files.Write("plain.png", ImageCodec.Encode(plain, ImageFileFormat.Png)));
        await page.ClickAsync($"input[value={mode}] + span");
        return page;
    }

    /// <summary>Opacity of what is drawn over a pixel of the picture.</summary>
    private static Task<int> OpacityAsync(EditPage page, int x, int y) =>
        page.Page.EvaluateFunctionAsync<int>(
            """
            (x, y) => {
              const canvas = document.getElementById("overlay");
              const scale = canvas.width / 128;
              return canvas.getContext("2d").getImageData(x * scale, y * scale, 1, 1).data[3];
            }
            """,
            x,
            y
        );
}
