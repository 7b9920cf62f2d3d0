using InstructDiffusion.Api.Tests;
using InstructDiffusion.Browser.Tests.Driving;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Browser.Tests;

/// <summary>What a person is told when something is wrong.</summary>
public sealed class ProblemTests(Chromium chromium) : IDisposable
{
    private readonly PictureFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Edit_WrongValue_IsToldBesideItsField()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#steps", "501");

        await page.StartAsync("make it winter");

        Assert.Contains("between 1 and 500, got '501'", await page.TextAsync("#steps-error"), StringComparison.Ordinal);
        Assert.Equal("steps", await page.FocusAsync());
        Assert.True(
            await page.Page.EvaluateExpressionAsync<bool>("document.getElementById('steps').ariaInvalid === 'true'")
        );
        Assert.False(
            await page.Page.EvaluateExpressionAsync<bool>("document.getElementById('problem').checkVisibility()")
        );
    }

    [Fact]
    public async Task Edit_SeveralWrongValues_AreToldEachBesideItsField()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.TypeAsync("#seed", "-1");
        await page.TypeAsync("#size", "63");

        await page.ClickAsync("#run");

        Assert.NotEmpty(await page.TextAsync("#instruction-error"));
        Assert.NotEmpty(await page.TextAsync("#seed-error"));
        Assert.NotEmpty(await page.TextAsync("#size-error"));
        Assert.Equal("instruction", await page.FocusAsync());
    }

    [Fact]
    public async Task Edit_AfterAMistake_ForgetsTheWords()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.ClickAsync("#run");
        await page.SeeAsync("#instruction-error");

        await page.StartAsync("make it winter");
        await page.ResultAsync();

        await page.MissAsync("#instruction-error");
    }

    [Fact]
    public async Task Edit_FaultOfTheServer_IsToldWithItsReference()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        page.App.Pipeline.OnStep = _ => throw new InvalidOperationException("scripted");

        await page.StartAsync("make it winter");

        Assert.Contains("error of the server", await page.TextAsync("#problem-title"), StringComparison.Ordinal);
        Assert.Matches("log: [0-9a-f]{32}", await page.TextAsync("#problem-trace"));
        Assert.Equal("problem", await page.FocusAsync());
        Assert.Equal("Edit", await page.TextAsync("#run-text"));
    }

    [Fact]
    public async Task Edit_FullQueue_CountsDownAndTriesAgain()
    {
        var app = new ApiApplication { Settings = { ["Queue:Capacity"] = "1", ["Queue:MaxRunningEdits"] = "1" } };
        await using EditPage page = await EditPage.OpenAsync(chromium, app);
        app.Pipeline.Permits = new SemaphoreSlim(0);
        await page.ChooseAsync(_files.Photo());
        using HttpClient others = app.NewClient();
        int warmUps = app.Pipeline.Prepared;
        Task<HttpResponseMessage> running = others.SendAsync(Requests.Edit("the one that runs"));
        await ApiApplication.Until(() => app.Pipeline.Prepared == warmUps + 1);
        Task<HttpResponseMessage> waiting = others.SendAsync(Requests.Edit("the one that waits"));
        await ApiApplication.Until(() => app.Services.Waiting() == 1);

        await page.StartAsync("make it winter");
        await page.UntilAsync("/Trying again in \\d+ s/.test(document.getElementById('progress-text').innerText)");
        app.Pipeline.Permits.Release(100);
        await Task.WhenAll(running, waiting);
        await page.ClickAsync("#retry-now");
        await page.ResultAsync();

        Assert.Equal(200, (int)(await running).StatusCode);
        Assert.Equal(200, (int)(await waiting).StatusCode);
    }

    [Fact]
    public async Task Open_WhileTheModelLoads_WaitsForIt()
    {
        using var loaded = new SemaphoreSlim(0);
        var pipeline = new FakeEditPipeline();
        var app = new ApiApplication
        {
            Pipeline = pipeline,
            Load = cancellationToken =>
            {
                loaded.Wait(ApiApplication.Patience, cancellationToken);
                return pipeline.Load(cancellationToken);
            },
        };
        await using EditPage page = await EditPage.OpenAsync(
            chromium,
            app,
            until: "#model[data-state=waiting]",
            isReady: false
        );
        Assert.Equal("Loading the model…", await page.TextAsync("#model-name"));

        loaded.Release();

        await page.UntilAsync("document.getElementById('model-name').innerText === 'fake (untrained)'");
        await page.SeeAsync("#sliders .field");
    }

    [Fact]
    public async Task Edit_ServerGone_IsTold()
    {
        await using EditPage page = await EditPage.OpenAsync(chromium);
        await page.ChooseAsync(_files.Photo());
        await page.Page.SetOfflineModeAsync(true);

        await page.StartAsync("make it winter");

        Assert.Equal("The server cannot be reached.", await page.TextAsync("#problem-title"));
    }
}
