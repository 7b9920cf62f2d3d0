using InstructDiffusion.Api.Tests.OpenAi;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Callers;

/// <summary>Refusals on OpenAI's route have the form that its clients read.</summary>
public sealed class OpenAiCallerTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_WithoutKeyOrScope_IsAnErrorOfOpenAisForm()
    {
        await using var app = new ApiApplication();
        app.Settings.AddKey(Keys.Alice, "alice", scopes: "jobs");
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage wrong = OpenAiRequests.Good().From("sk-wrong");
        using HttpRequestMessage unscoped = OpenAiRequests.Good().From(Keys.Alice);
        using HttpRequestMessage without = OpenAiRequests.Good();

        using HttpResponseMessage first = await client.SendAsync(without, TestEnd);
        using HttpResponseMessage second = await client.SendAsync(wrong, TestEnd);
        using HttpResponseMessage third = await client.SendAsync(unscoped, TestEnd);

        await first.ErrorAsync(401, "missing_credentials");
        await second.ErrorAsync(401, "invalid_credentials");
        await third.ErrorAsync(403, "missing_scope");
        Assert.NotEmpty(first.Headers.WwwAuthenticate);
        Assert.Equal(1, app.Pipeline.Prepared);
    }

    [Fact]
    public async Task Post_MoreThanTheRate_TellsItsClientsWhenToComeBack()
    {
        await using var app = new ApiApplication
        {
            Time = new FakeTimeProvider(),
            Settings = { ["Security:Limits:RequestsPerMinute"] = "2" },
        };
        app.Settings.AddKey(Keys.Alice, "alice");
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage good = OpenAiRequests.Good().From(Keys.Alice);
        using HttpRequestMessage next = OpenAiRequests.Good().From(Keys.Alice);
        using HttpRequestMessage tooMany = OpenAiRequests.Good().From(Keys.Alice);

        using HttpResponseMessage served = await client.SendAsync(good, TestEnd);
        (await client.SendAsync(next, TestEnd)).Dispose();
        using HttpResponseMessage refused = await client.SendAsync(tooMany, TestEnd);

        Assert.Equal(200, (int)served.StatusCode);
        Assert.Equal("2", Header(served, "x-ratelimit-limit-requests"));
        Assert.Equal("1", Header(served, "x-ratelimit-remaining-requests"));
        Assert.Equal("30s", Header(served, "x-ratelimit-reset-requests"));
        await refused.ErrorAsync(429, "rate_limited");
        Assert.Equal(TimeSpan.FromSeconds(30), refused.Headers.RetryAfter!.Delta);
        Assert.Equal("30000", Header(refused, "retry-after-ms"));
        Assert.Equal("0", Header(refused, "x-ratelimit-remaining-requests"));
        Assert.Equal("1m0s", Header(refused, "x-ratelimit-reset-requests"));
    }

    private static string Header(HttpResponseMessage response, string name) =>
        Assert.Single(response.Headers.GetValues(name));
}
