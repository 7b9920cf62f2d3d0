using InstructDiffusion.Api.Tests;
using InstructDiffusion.Browser.Tests.Driving;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Browser.Tests;

/// <summary>How a picture comes in, and which do not.</summary>
public sealed class SourceTests(Chromium chromium) : IDisposable
{
    /// <summary>Gives the page a file as an event of the browser would.</summary>
    private const string Give = """
        (kind, base64, name) => {
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type: "image/png" }));
          const init = { bubbles: true, cancelable: true };
          document.body.dispatchEvent(kind === "paste"
            ? new ClipboardEvent("paste", { ...init, clipboardData: data })
            : new DragEvent(kind, { ...init, dataTransfer: data }));
        }
        """;

    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Paste_Picture_BecomesTheSource()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);

        await page.Page.EvaluateFunctionAsync(Give, "paste", Photo(), "image.png");
        await page.SeeAsync("#before[src]");

        Assert.Contains("96 by 64", await Alt(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drop_Picture_BecomesTheSource()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);

        await page.Page.EvaluateFunctionAsync(Give, "dragenter", Photo(), "cat.png");
        await page.SeeAsync(".drop-hint");
        await page.Page.EvaluateFunctionAsync(Give, "drop", Photo(), "cat.png");
        await page.SeeAsync("#before[src]");

        await page.MissAsync(".drop-hint");
        Assert.Contains("cat.png", await Alt(page), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Choose_TooManyPixels_IsRefusedBeforeTheUploadWithTheLimit()
    {
        var app = new ApiApplication { Settings = { ["Limits:MaxPixels"] = "6000" } };
        await using EditPage page = await EditPage.OpenAsync(chromium, app);

        await ChooseRefusedAsync(page, _files.Photo("big.png", 96, 64));

        Assert.Equal(
            "big.png: The picture has 6144 pixels (96 × 64); this server takes at most 6000 pixels.",
            await page.TextAsync("#image-error")
        );
    }

    [Fact]
    public async Task Choose_TooManyBytes_IsRefusedBeforeTheUploadWithTheLimit()
    {
        var app = new ApiApplication { Settings = { ["Limits:MaxBodyBytes"] = "70000" } };
        await using EditPage page = await EditPage.OpenAsync(chromium, app);

        await ChooseRefusedAsync(page, _files.Photo("heavy.png", 128, 128));

        Assert.Contains("at most 70 kB", await page.TextAsync("#image-error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Choose_NoPicture_IsRefused()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);

        await ChooseRefusedAsync(page, _files.Write("notes.png", "not a picture"u8.ToArray()));

        Assert.Equal("notes.png: This is not a PNG, JPEG or WebP picture.", await page.TextAsync("#image-error"));
    }

    [Fact]
    public async Task Choose_TruncatedPicture_IsRefused()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        byte[] whole = await File.ReadAllBytesAsync(_files.Photo());

        await ChooseRefusedAsync(page, _files.Write("half.png", whole[..60]));

        Assert.Equal("half.png: This picture cannot be decoded.", await page.TextAsync("#image-error"));
    }

    [Fact]
    public async Task Edit_WithoutAPicture_AsksForOne()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);

        await page.StartAsync("make it winter");

        Assert.Equal("Choose a picture first.", await page.TextAsync("#image-error"));
        Assert.Equal("choose-file", await page.FocusAsync());
    }

    [Fact]
    public async Task Remove_Source_AsksForAnother()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());

        await page.ClickAsync("#remove-source");

        await page.SeeAsync("#empty");
        Assert.Equal("choose-file", await page.FocusAsync());
    }

    private static async Task ChooseRefusedAsync(EditPage page, string path)
    {
        var input = await page.Page.WaitForSelectorAsync("#choose-file");
        await input.UploadFileAsync(path);
        await page.SeeAsync("#image-error");
        await page.SeeAsync("#empty");
        Assert.Empty(page.Steps);
    }

    private static Task<string> Alt(EditPage page) => page.ValueAsync<string>("#before", "alt");

    private static string Photo() =>
        Convert.ToBase64String(
            Engine.Imaging.ImageCodec.Encode(TestImages.Photo(96, 64), Engine.Imaging.ImageFileFormat.Png)
        );
}
