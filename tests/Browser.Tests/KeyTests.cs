using InstructDiffusion.Api.Tests;
using InstructDiffusion.Api.Tests.Callers;
using InstructDiffusion.Browser.Tests.Driving;

namespace InstructDiffusion.Browser.Tests;

/// <summary>A server that wants a key.</summary>
public sealed class KeyTests(Chromium chromium) : IDisposable
{
    private const string Kept = "sessionStorage.getItem('instructdiffusion.key')";

    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Open_ServerWithKeys_AsksForOneAndWorksWithIt()
    {
        await using EditPage page = await OpenAsync();
        Assert.Equal("Key needed", await page.TextAsync("#model-name"));

        await page.TypeAsync("#key", Keys.Alice);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.SeeAsync("#sliders .field");
        await page.ChooseAsync(_files.Photo());
        await page.StartAsync("make it winter");
        await page.ResultAsync();

        Assert.Equal(Keys.Alice, await page.Page.EvaluateExpressionAsync<string>(Kept));
        Assert.Equal(0, await page.Page.EvaluateExpressionAsync<int>("localStorage.length"));
        Assert.Equal("", await page.Page.EvaluateExpressionAsync<string>("document.cookie"));
    }

    [Fact]
    public async Task Open_WrongKey_AsksAgain()
    {
        await using EditPage page = await OpenAsync();

        await page.TypeAsync("#key", Keys.Bob);
        await page.Page.Keyboard.PressAsync("Enter");

        await page.UntilAsync("document.getElementById('key-dialog').open");
        Assert.Equal("password", await page.ValueAsync<string>("#key", "type"));
        await page.TypeAsync("#key", Keys.Alice);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.SeeAsync("#sliders .field");
    }

    [Fact]
    public async Task Command_WithAKey_DoesNotTellIt()
    {
        await using EditPage page = await OpenAsync();
        await page.TypeAsync("#key", Keys.Alice);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.SeeAsync("#sliders .field");
        await page.ChooseAsync(_files.Photo());

        await page.ClickAsync("#form-curl");
        string command = await page.TextAsync("#curl-command");

        Assert.Contains("$API_KEY", command, StringComparison.Ordinal);
        Assert.DoesNotContain(Keys.Alice, command, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forget_Key_IsGone()
    {
        await using EditPage page = await OpenAsync();
        await page.TypeAsync("#key", Keys.Alice);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.SeeAsync("#sliders .field");

        await page.ClickAsync("#open-key");
        await page.ClickAsync("#forget-key");

        Assert.Null(await page.Page.EvaluateExpressionAsync<string?>(Kept));
    }

    private async Task<EditPage> OpenAsync()
    {
        var app = new ApiApplication();
        app.Settings.AddKey(Keys.Alice, "alice");
        return await EditPage.OpenAsync(chromium, app, until: "#key-dialog");
    }
}
