using System.Text.Json;
using InstructDiffusion.Api.Tests.Callers;
using InstructDiffusion.Api.Tests.Jobs;

namespace InstructDiffusion.Api.Tests.Admin;

public sealed class DrainTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_WhileEditsRun_FinishesThemTakesNoMoreAndCanBeEnded()
    {
        await using var app = new ApiApplication { Settings = { ["Queue:MaxRunningEdits"] = "1" } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage accepted = EditRequests.Good();
        Task<HttpResponseMessage> running = client.SendAsync(accepted, TestEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
        string waiting = await client.CreateAsync();

        using HttpResponseMessage drained = await client.PostAsync("/admin/drain", null, TestEnd);
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        using HttpRequestMessage edit = EditRequests.Good();
        using HttpResponseMessage refusedEdit = await client.SendAsync(edit, TestEnd);
        using HttpRequestMessage job = JobRequests.Good();
        using HttpResponseMessage refusedJob = await client.SendAsync(job, TestEnd);
        using HttpResponseMessage models = await client.GetAsync("/v1/models", TestEnd);
        using HttpRequestMessage cost = EditRequests.Json(
            new
            {
                width = 64,
                height = 64,
                steps = 3,
            }
        );
        cost.RequestUri = new Uri("/v1/estimate", UriKind.Relative);
        using HttpResponseMessage estimate = await client.SendAsync(cost, TestEnd);
        app.Pipeline.Permits.Release(1_000);
        using HttpResponseMessage finished = await running;

        Assert.Equal(202, (int)drained.StatusCode);
        JsonElement report = await drained.JsonAsync();
        Assert.Equal(
            (true, 1),
            (report.GetProperty("draining").GetBoolean(), report.GetProperty("running").GetInt32())
        );
        Assert.Equal(503, (int)ready.StatusCode);
        Assert.Equal("The server is draining.", (await ready.JsonAsync()).GetProperty("reasons")[0].GetString());
        await refusedEdit.ProblemAsync(503, "not_ready");
        await refusedJob.ProblemAsync(503, "not_ready");
        Assert.NotNull(refusedEdit.Headers.RetryAfter);
        Assert.Equal([200, 200], new[] { models, estimate }.Select(response => (int)response.StatusCode));
        Assert.Equal(200, (int)finished.StatusCode);
        // What had not begun stays where it is; another server may take it.
        Assert.Equal("queued", await client.StatusAsync(waiting));

        using HttpResponseMessage resumed = await client.DeleteAsync("/admin/drain", TestEnd);
        using HttpResponseMessage again = await client.GetAsync("/health/ready", TestEnd);
        Assert.Equal([200, 200], new[] { resumed, again }.Select(response => (int)response.StatusCode));
        Assert.Equal("succeeded", (await client.EndAsync(waiting)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Post_ToAServerWithKeys_NeedsTheScopeEvenFromTheMachineItself()
    {
        await using var app = new ApiApplication();
        app.Settings.AddKey(Keys.Alice, "alice");
        app.Settings.AddKey(Keys.Bob, "operator", scopes: "admin");
        using HttpClient client = await app.StartAsync();

        using HttpResponseMessage without = await client.SendAsync(Post(), TestEnd);
        using HttpResponseMessage user = await client.SendAsync(Post().From(Keys.Alice), TestEnd);
        using HttpResponseMessage @operator = await client.SendAsync(Post().From(Keys.Bob), TestEnd);

        Assert.Equal([401, 403, 202], new[] { without, user, @operator }.Select(response => (int)response.StatusCode));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")] // a proxy on the machine sends what others ask
    [InlineData("Forwarded", "for=203.0.113.7")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("Host", "workstation")]
    [InlineData("Origin", "http://127.0.0.1")] // a page, not a person at the shell
    public async Task Post_ToAServerWithoutKeys_NotClearlyFromTheMachineItself_IsRefused(string header, string value)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = Post().With(header, value);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);

        Assert.Equal(403, (int)response.StatusCode);
        Assert.Equal(200, (int)ready.StatusCode);
    }

    private static HttpRequestMessage Post() => new(HttpMethod.Post, "/admin/drain");
}
