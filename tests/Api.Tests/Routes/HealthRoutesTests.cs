using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Routes;

public sealed class HealthRoutesTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ready_ModelLoaded_Is200WithItsName()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await client.GetAsync("/health/ready", TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        JsonElement report = await response.JsonAsync();
        Assert.Equal("ready", report.GetProperty("status").GetString());
        Assert.Equal("fake", report.GetProperty("model").GetString());
        Assert.Equal(32, report.GetProperty("capacity").GetInt32());
    }

    [Fact]
    public async Task Ready_LoadFailed_Is503WithTheReasonWhileLiveIs200()
    {
        await using var app = new ApiApplication { Load = _ => throw new FileNotFoundException("no such model") };
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        using HttpResponseMessage live = await client.GetAsync("/health/live", TestEnd);

        Assert.Equal(503, (int)ready.StatusCode);
        JsonElement report = await ready.JsonAsync();
        Assert.Contains("no such model", report.GetProperty("reasons")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (int)live.StatusCode);
        Assert.Contains(app.Logs.Lines, line => line.StartsWith("Critical", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ready_StepHangs_EveryoneIsAnsweredAndItServesAgainWhenItIsBack()
    {
        await using var app = new ApiApplication { Settings = { ["Engine:StallSeconds"] = "1" } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage edit = EditRequests.Good();
        Task<HttpResponseMessage> hanging = client.SendAsync(edit, TestEnd);

        using HttpResponseMessage done = await hanging;
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        using HttpRequestMessage late = EditRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(late, TestEnd);
        app.Pipeline.Permits.Release(100);
        await ApiApplication.Until(() => !app.Engine.Status.IsStalled);
        using HttpResponseMessage readyAgain = await client.GetAsync("/health/ready", TestEnd);
        using HttpRequestMessage next = EditRequests.Good();
        using HttpResponseMessage served = await client.SendAsync(next, TestEnd);

        Assert.Equal(503, (int)ready.StatusCode);
        JsonElement report = await ready.JsonAsync();
        Assert.Contains("has not answered", report.GetProperty("reasons")[0].GetString(), StringComparison.Ordinal);
        await done.ProblemAsync(503, "engine_stalled");
        Assert.NotNull(done.Headers.RetryAfter);
        await refused.ProblemAsync(503, "engine_stalled");
        Assert.Equal((200, 200), ((int)readyAgain.StatusCode, (int)served.StatusCode));
        await ApiApplication.Until(() => app.Pipeline.Disposed == app.Pipeline.Prepared);
    }

    [Fact]
    public async Task Startup_ModelLoading_Is503UntilItIsLoaded()
    {
        using var gate = new SemaphoreSlim(0);
        var pipeline = new TestSupport.FakeEditPipeline();
        await using var app = new ApiApplication
        {
            Load = cancel =>
            {
                gate.Wait(cancel);
                return pipeline.Load(cancel);
            },
        };
        using HttpClient client = await app.StartUnreadyAsync();

        using HttpResponseMessage starting = await client.GetAsync("/health/startup", TestEnd);
        gate.Release();
        await ApiApplication.Until(() => app.Engine.Status.Model is not null);
        using HttpResponseMessage started = await client.GetAsync("/health/startup", TestEnd);

        Assert.Equal(503, (int)starting.StatusCode);
        Assert.Equal("starting", (await starting.JsonAsync()).GetProperty("status").GetString());
        Assert.Equal(200, (int)started.StatusCode);
    }
}
