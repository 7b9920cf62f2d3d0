using System.Diagnostics;
using InstructDiffusion.Browser.Tests.Driving;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Browser.Tests;

/// <summary>The command that the page shows does what the page did.</summary>
public sealed class CurlTests(Chromium chromium) : IDisposable
{
    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Command_OfAResult_GivesTheSamePicture()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo("it's a \"photo\"; really.png"));
        await page.StartAsync("it's 5 > 3; say \"hi\" to $HOME");
        await page.ResultAsync(); // with a seed that nobody typed

        await page.ClickAsync("#result-curl");
        RgbImage picture = await RunAsync(await page.TextAsync("#curl-command"));

        int[] shown = await page.PixelAsync("#after", 40, 30);
        Assert.Equal(shown[..3], At(picture, 40, 30));
        Assert.Single(page.Steps.SelectMany(instructions => instructions).Distinct());
    }

    [Fact]
    public async Task Command_OfTheForm_IsTheRequestAsItIsSet()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#instruction", "make it winter");
        await page.TypeAsync("#seed", "9");

        await page.ClickAsync("#form-curl");
        string command = await page.TextAsync("#curl-command");
        RgbImage picture = await RunAsync(command);

        Assert.Contains("--form-string seed=9", command, StringComparison.Ordinal);
        int[] before = await page.PixelAsync("#before", 1, 2);
        Assert.Equal([.. before[..3].Select(value => (255 - value + 9) & 255)], At(picture, 1, 2));
    }

    [Fact]
    public async Task Command_Copied_LiesInTheClipboard()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        // A headless browser has no clipboard of its own.
        await page.Page.EvaluateExpressionAsync(
            "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } })"
        );
        await page.ChooseAsync(_files.Photo());
        await page.ClickAsync("#form-curl");

        await page.ClickAsync("#curl-copy");
        await page.UntilAsync("document.getElementById('curl-status').innerText === 'Copied.'");

        Assert.Equal(
            await page.TextAsync("#curl-command"),
            await page.Page.EvaluateExpressionAsync<string>("window.copied")
        );
    }

    [Fact]
    public async Task Command_WithoutAClipboard_IsMarkedToBeCopied()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.Page.EvaluateExpressionAsync("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
        await page.ChooseAsync(_files.Photo());
        await page.ClickAsync("#form-curl");

        await page.ClickAsync("#curl-copy");
        await page.UntilAsync("document.getElementById('curl-status').innerText.startsWith('Marked')");

        Assert.Equal(
            await page.TextAsync("#curl-command"),
            await page.Page.EvaluateExpressionAsync<string>("getSelection().toString()")
        );
    }

    private static int[] At(RgbImage picture, int x, int y) =>
        [
            .. picture
                .Pixels.Slice(((y * picture.Width) + x) * RgbImage.Channels, RgbImage.Channels)
                .ToArray()
                .Select(v => (int)v),
        ];

    private async Task<RgbImage> RunAsync(string command)
    {
        Assert.SkipUnless(File.Exists("/bin/sh") && File.Exists("/usr/bin/curl"), "No sh and curl to run the command.");
        var start = new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            WorkingDirectory = _files.Folder,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process curl = Process.Start(start)!;
        string said = await curl.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await curl.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(curl.ExitCode == 0, $"{command}\n{said}");
        string output = Directory.EnumerateFiles(_files.Folder, "*edited*").Single();
        return ImageCodec.Decode(await File.ReadAllBytesAsync(output), ImageDecodeLimits.Default).Image;
    }
}
