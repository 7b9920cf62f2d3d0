using PuppeteerSharp;

namespace InstructDiffusion.Browser.Tests.Driving;

/// <summary>The installed Chromium, headless; one process for all tests, a fresh profile for each.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>Names a browser that lies elsewhere.</summary>
    public const string Variable = "CHROMIUM";

    private static readonly string[] Places =
    [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome-stable",
        "/usr/bin/google-chrome",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];

    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        string? path = Environment.GetEnvironmentVariable(Variable) ?? Places.FirstOrDefault(File.Exists);
        if (path is null)
        {
            return;
        }
        _browser = await Puppeteer.LaunchAsync(
            new LaunchOptions
            {
                ExecutablePath = path,
                Headless = true,
                // Its sandbox does not start as root, and needs /dev/shm; it is given this server's pages alone.
                Args = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
                Timeout = (int)Api.Tests.ApiApplication.Patience.TotalMilliseconds,
            }
        );
    }

    /// <summary>A browser window of its own: no storage, cookie or cache of another test. Skips the test where no browser is.</summary>
    public Task<IBrowserContext> OpenAsync()
    {
        Assert.SkipWhen(
            _browser is null,
            $"No Chromium is installed (apt-get install chromium, or name one in {Variable})."
        );
        return _browser!.CreateBrowserContextAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
    }
}
