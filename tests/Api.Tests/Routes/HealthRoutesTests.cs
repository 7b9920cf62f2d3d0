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
    public async Task Ready_StepHangs_Is503AfterTheStallTime()
    {
        await using var app = new ApiApplication { Settings = { ["Engine:StallSeconds"] = "1" } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage edit = EditRequests.Good();
        Task<HttpResponseMessage> hanging = client.SendAsync(edit, TestEnd);

        await ApiApplication.Until(() => app.Engine.Status.SinceHeartbeat > TimeSpan.FromSeconds(1.2));
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        app.Pipeline.Permits.Release(100);
        using HttpResponseMessage done = await hanging;

        Assert.Equal(503, (int)ready.StatusCode);
        JsonElement report = await ready.JsonAsync();
        Assert.Contains("has not answered", report.GetProperty("reasons")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(200, (int)done.StatusCode);
    }
}
