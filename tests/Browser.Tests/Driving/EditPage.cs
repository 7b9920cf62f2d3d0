using System.Collections.Concurrent;
using InstructDiffusion.Api.Tests;
using PuppeteerSharp;

namespace InstructDiffusion.Browser.Tests.Driving;

/// <summary>The page for people, open in a browser, on a server in this process.</summary>
internal sealed class EditPage : IAsyncDisposable
{
    private readonly IBrowserContext _window;
    private readonly ConcurrentQueue<string> _complaints = new();

    private EditPage(ApiApplication app, IBrowserContext window, IPage page)
    {
        App = app;
        _window = window;
        Page = page;
    }

    public ApiApplication App { get; }

    public IPage Page { get; }

    /// <summary>Steps that the engine has taken since the page was opened, those of its warm-up left out.</summary>
    public IEnumerable<string[]> Steps => App.Pipeline.Steps.Where(step => !step.Contains("warm up"));

    /// <summary>What the browser complains about: errors of scripts, breaches of the content security policy, files not found.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints];

    /// <summary>Opens the page and waits until it knows the model.</summary>
    public static async Task<EditPage> OpenAsync(
        Chromium chromium,
        ApiApplication? app = null,
        ViewPortOptions? view = null,
        string scheme = "light",
        string path = "/",
        string until = "#sliders .field",
        bool isReady = true
    )
    {
        IBrowserContext window = await chromium.OpenAsync();
        app ??= new ApiApplication();
        using HttpClient client = isReady ? await app.StartAsync() : await app.StartUnreadyAsync();
        var page = new EditPage(app, window, await window.NewPageAsync());
        await page.Page.EmulateMediaFeaturesAsync([
            new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme },
        ]);
        await page.OpenAsync(view ?? new ViewPortOptions { Width = 1280, Height = 900 }, path, until);
        return page;
    }

    /// <summary>The element; it need not be there or seen yet when the call is made.</summary>
    public async Task<IElementHandle> SeeAsync(string selector) =>
        (
            await ExplainedAsync(() =>
                Page.WaitForSelectorAsync(selector, new WaitForSelectorOptions { Visible = true })
            )
        )!;

    /// <summary>Waits until the element is gone or not seen.</summary>
    public Task MissAsync(string selector) =>
        ExplainedAsync(() => Page.WaitForSelectorAsync(selector, new WaitForSelectorOptions { Hidden = true }));

    /// <summary>Waits until an expression of the page is true.</summary>
    public Task UntilAsync(string expression) => ExplainedAsync(() => Page.WaitForExpressionAsync(expression));

    public async Task ClickAsync(string selector)
    {
        IElementHandle element = await SeeAsync(selector);
        // Not only into the window: the bars at its edges would be clicked instead.
        await element.EvaluateFunctionAsync(
            "element => element.scrollIntoView({ block: 'center', behavior: 'instant' })"
        );
        await element.ClickAsync();
    }

    public async Task TypeAsync(string selector, string text)
    {
        await ClickAsync(selector);
        await Page.EvaluateExpressionAsync("document.activeElement.select()");
        await Page.Keyboard.TypeAsync(text);
    }

    public async Task<string> TextAsync(string selector)
    {
        IElementHandle element = await SeeAsync(selector);
        return await element.EvaluateFunctionAsync<string>("element => element.innerText");
    }

    public Task<T> ValueAsync<T>(string selector, string property = "value") =>
        Page.EvaluateFunctionAsync<T>("(selector, name) => document.querySelector(selector)[name]", selector, property);

    /// <summary>Chooses a file as a person does, and waits until the page shows it.</summary>
    public async Task ChooseAsync(string path)
    {
        IElementHandle input = await Page.WaitForSelectorAsync("#choose-file");
        await input.UploadFileAsync(path);
        await SeeAsync("#before[src]");
    }

    /// <summary>Asks for an edit of the chosen picture.</summary>
    public async Task StartAsync(string instruction)
    {
        await TypeAsync("#instruction", instruction);
        await ClickAsync("#run");
    }

    /// <summary>Waits for the result.</summary>
    public Task<IElementHandle> ResultAsync() => SeeAsync("#result-tools");

    /// <summary>Red, green, blue and opacity of one pixel of a picture that the page shows.</summary>
    public Task<int[]> PixelAsync(string selector, int x, int y) =>
        Page.EvaluateFunctionAsync<int[]>(
            """
            async (selector, x, y) => {
              const picture = document.querySelector(selector);
              // An image whose address has just changed shows its last picture until the next one is there.
              while (picture.complete === false) await new Promise(requestAnimationFrame);
              await picture.decode?.();
              const canvas = new OffscreenCanvas(1, 1);
              const context = canvas.getContext("2d");
              context.drawImage(picture, -x, -y);
              return [...context.getImageData(0, 0, 1, 1).data];
            }
            """,
            selector,
            x,
            y
        );

    /// <summary>Checks that the result holds at this place what the fake pipeline makes of the source.</summary>
    public async Task AssertEditedAsync(int x, int y, int seed)
    {
        int[] before = await PixelAsync("#before", x, y);
        int[] after = await PixelAsync("#after", x, y);
        Assert.Equal([.. before.Take(3).Select(value => (255 - value + seed) & 255), 255], after);
    }

    /// <summary>Checks that the result is the source at this place.</summary>
    public async Task AssertUntouchedAsync(int x, int y) =>
        Assert.Equal(await PixelAsync("#before", x, y), await PixelAsync("#after", x, y));

    /// <summary>Where the keyboard's focus is.</summary>
    public Task<string> FocusAsync() => Page.EvaluateExpressionAsync<string>("document.activeElement.id");

    public async ValueTask DisposeAsync()
    {
        await _window.CloseAsync();
        await App.DisposeAsync();
    }

    /// <summary>Adds to a failure what the page says at that time.</summary>
    private async Task<T> ExplainedAsync<T>(Func<Task<T>> wait)
    {
        try
        {
            return await wait();
        }
        catch (WaitTaskTimeoutException timeout)
        {
            string text = await Page.EvaluateExpressionAsync<string>("document.body.innerText");
            throw new InvalidOperationException(
                $"{timeout.Message}\nThe browser complains: {string.Join("; ", _complaints)}\nThe page says:\n{text}",
                timeout
            );
        }
    }

    private async Task OpenAsync(ViewPortOptions view, string path, string until)
    {
        Page.DefaultTimeout = (int)ApiApplication.Patience.TotalMilliseconds;
        Page.PageError += (_, error) => _complaints.Enqueue(error.Message);
        Page.Console += (_, said) =>
        {
            if (said.Message.Type is ConsoleType.Error)
            {
                _complaints.Enqueue(said.Message.Text);
            }
        };
        await Page.SetViewportAsync(view);
        await Page.GoToAsync(new Uri(App.Address, path).ToString());
        await SeeAsync(until);
    }
}
