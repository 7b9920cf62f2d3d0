using System.Text.Json;
using InstructDiffusion.Api.Callers.Metering;
using InstructDiffusion.Api.Tests.Jobs;
using Microsoft.Extensions.DependencyInjection;
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
    public async Task Post_MoreEngineTimeThanTheBudget_PaysItsDebtFirstAndMayAskMeanwhile()
    {
        await using ApiApplication app = Server();
        app.Pipeline.OnStep = _ => _time.Advance(TimeSpan.FromMilliseconds(10));
        app.Settings["Security:Limits:EngineSecondsPerMinute"] = "2";
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage large = EditRequests.Good(("steps", "300")).From(Keys.Alice); // some 3 s

        using HttpResponseMessage first = await client.SendAsync(large, TestEnd);
        using HttpResponseMessage refused = await client.SendAsync(EditRequests.Good().From(Keys.Alice), TestEnd);
        using HttpResponseMessage job = await client.SendAsync(JobRequests.Good().From(Keys.Alice), TestEnd);
        using HttpResponseMessage asked = await GetAsync(client, Keys.Alice);
        using HttpResponseMessage another = await client.SendAsync(EditRequests.Good().From(Keys.Bob), TestEnd);
        TimeSpan wait = refused.Headers.RetryAfter!.Delta!.Value;
        _time.Advance(wait);
        using HttpResponseMessage later = await client.SendAsync(EditRequests.Good().From(Keys.Alice), TestEnd);

        Assert.Equal(200, (int)first.StatusCode);
        JsonElement problem = await refused.ProblemAsync(429, "rate_limited");
        Assert.Contains(
            "2 seconds of the engine's time",
            problem.GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.InRange(wait.TotalSeconds, 1, 119); // not cut off, and so true
        Assert.Equal("\"gpu\";q=2;w=60", Header(refused, "RateLimit-Policy"));
        Assert.StartsWith("\"gpu\";r=0;t=", Header(refused, "RateLimit"), StringComparison.Ordinal);
        await job.ProblemAsync(429, "rate_limited");
        Assert.Equal([200, 200, 200], new[] { asked, another, later }.Select(response => (int)response.StatusCode));
    }

    [Fact]
    public async Task Post_EditThatIsCancelled_CostsWhatWasDoneOfIt()
    {
        await using ApiApplication app = Server();
        app.Pipeline.OnStep = _ => _time.Advance(TimeSpan.FromMilliseconds(10));
        app.Settings["Security:Limits:EngineSecondsPerMinute"] = "1000";
        app.Settings["Queue:MaxRunningEdits"] = "1";
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        CreditLimiter alice = app.Services.GetRequiredService<CallerMeters>().EngineOf("alice")!;
        using HttpRequestMessage running = EditRequests.Good(("seed", "1")).From(Keys.Bob);
        Task<HttpResponseMessage> other = client.SendAsync(running, TestEnd);
        await ApiApplication.Until(() => app.Engine.Status.Running == 1);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        using HttpRequestMessage waiting = EditRequests.Good(("seed", "2"), ("steps", "500")).From(Keys.Alice);

        Task<HttpResponseMessage> gone = client.SendAsync(waiting, leave.Token);
        await ApiApplication.Until(() => alice.Credit < 997); // some 5 s, taken when it joined the queue
        await leave.CancelAsync();
        app.Pipeline.Permits.Release(10_000);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await ApiApplication.Until(() => alice.Credit >= 1000); // given back: the clock moved by some 30 ms alone
        (await other).Dispose();
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
