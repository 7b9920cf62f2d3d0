using InstructDiffusion.Api.Tests.Callers;

namespace InstructDiffusion.Api.Tests.Observability;

[Collection(nameof(TelemetryTests))]
public sealed class MetricsAddressTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_OwnAddress_ServesMetricsAndNothingElse()
    {
        await using var app = new ApiApplication { Settings = { ["Telemetry:MetricsUrl"] = "http://127.0.0.1:0" } };
        using HttpClient client = await app.StartAsync();
        using var own = new HttpClient { BaseAddress = app.Addresses[1] };

        Assert.Equal(200, await StatusAsync(own, "/metrics"));
        Assert.Equal(404, await StatusAsync(own, "/health/live"));
        Assert.Equal(404, await StatusAsync(own, "/v1/models"));
        Assert.Equal(404, await StatusAsync(client, "/metrics"));
        Assert.Equal(200, await StatusAsync(client, "/health/live"));
    }

    [Fact]
    public async Task Get_HostHeaderOfTheOtherAddress_DoesNotHelp()
    {
        await using var app = new ApiApplication { Settings = { ["Telemetry:MetricsUrl"] = "http://127.0.0.1:0" } };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = Keys.Get("/metrics");
        request.Headers.Host = app.Addresses[1].Authority;

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(404, (int)response.StatusCode);
    }

    [Fact]
    public async Task Get_TurnedOff_IsNotFound()
    {
        await using var app = new ApiApplication { Settings = { ["Telemetry:Metrics"] = "false" } };
        using HttpClient client = await app.StartAsync();

        Assert.Equal(404, await StatusAsync(client, "/metrics"));
    }

    [Fact]
    public async Task Get_ServerWithKeys_NeedsTheScope()
    {
        await using var app = new ApiApplication();
        app.Settings.AddKey(Keys.Alice, "alice", "metrics");
        app.Settings.AddKey(Keys.Bob, "bob", "edit jobs");
        using HttpClient client = await app.StartAsync();

        Assert.Equal(401, await StatusAsync(client, "/metrics"));
        Assert.Equal(403, await StatusAsync(client, "/metrics", Keys.Bob));
        Assert.Equal(200, await StatusAsync(client, "/metrics", Keys.Alice));
    }

    private static async Task<int> StatusAsync(HttpClient client, string path, string? key = null)
    {
        using HttpRequestMessage request = Keys.Get(path);
        using HttpResponseMessage response = await client.SendAsync(key is null ? request : request.From(key), TestEnd);
        return (int)response.StatusCode;
    }
}
