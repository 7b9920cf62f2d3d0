using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Callers.Metering;

public sealed class RateLimitTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_MoreThanTheRate_IsToldWhenToComeBackAndThenServed()
    {
        await using ApiApplication app = Server();
        app.Settings["Security:Limits:RequestsPerMinute"] = "3";
        using HttpClient client = await app.StartAsync();
        using HttpResponseMessage first = await GetAsync(client, Keys.Alice);
        (await GetAsync(client, Keys.Alice)).Dispose();
        (await GetAsync(client, Keys.Alice)).Dispose();

        using HttpResponseMessage refused = await GetAsync(client, Keys.Alice);
        using HttpResponseMessage another = await GetAsync(client, Keys.Bob);
        _time.Advance(TimeSpan.FromSeconds(20));
        using HttpResponseMessage later = await GetAsync(client, Keys.Alice);

        Assert.Equal("\"rpm\";q=3;w=60", Header(first, "RateLimit-Policy"));
        Assert.Equal("\"rpm\";r=2;t=20", Header(first, "RateLimit"));
        JsonElement problem = await refused.ProblemAsync(429, "rate_limited");
        Assert.Contains("3 requests a minute", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(20), refused.Headers.RetryAfter!.Delta);
        Assert.Equal("\"rpm\";r=0;t=60", Header(refused, "RateLimit"));
        Assert.Equal(200, (int)another.StatusCode); // the limit is the caller's
        Assert.Equal(200, (int)later.StatusCode); // and what was told was true
    }

    [Fact]
    public async Task Post_MoreAtOnceThanAllowed_IsRefusedWithoutUsingUpARequest()
    {
        await using ApiApplication app = Server();
        app.Settings["Security:Limits:RequestsPerMinute"] = "3";
        app.Settings["Security:Limits:ConcurrentRequests"] = "1";
        app.Pipeline.Permits = new SemaphoreSlim(3); // the warm-up's
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage edit = EditRequests.Good().From(Keys.Alice);
        Task<HttpResponseMessage> running = client.SendAsync(edit, TestEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);

        using HttpResponseMessage refused = await GetAsync(client, Keys.Alice);
        using HttpResponseMessage another = await GetAsync(client, Keys.Bob);
        app.Pipeline.Permits.Release(100);
        using HttpResponseMessage done = await running;

        JsonElement problem = await refused.ProblemAsync(429, "rate_limited");
        Assert.Contains("1 requests at once", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.StartsWith("\"rpm\";r=2", Header(refused, "RateLimit"), StringComparison.Ordinal);
        Assert.Equal(200, (int)another.StatusCode);
        Assert.Equal(200, (int)done.StatusCode);
        // The place is free again once the answer is through.
        await ApiApplication.Until(() => GetAsync(client, Keys.Alice).Result.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Get_Health_IsNeverLimited()
    {
        await using ApiApplication app = Server();
        app.Settings["Security:Limits:RequestsPerMinute"] = "1";
        using HttpClient client = await app.StartAsync();

        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage response = await client.GetAsync("/health/live", TestEnd);
            Assert.Equal(200, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task Get_WithoutLimits_SaysNothingOfThem()
    {
        await using ApiApplication app = Server();
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage response = await GetAsync(client, Keys.Alice);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("RateLimit"));
        Assert.False(response.Headers.Contains("RateLimit-Policy"));
    }

    private ApiApplication Server()
    {
        var app = new ApiApplication { Time = _time };
        app.Settings.AddKey(Keys.Alice, "alice");
        app.Settings.AddKey(Keys.Bob, "bob");
        return app;
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, string key) =>
        client.SendAsync(Keys.Get("/v1/tasks").From(key), TestEnd);

    private static string Header(HttpResponseMessage response, string name) =>
        Assert.Single(response.Headers.GetValues(name));
}
