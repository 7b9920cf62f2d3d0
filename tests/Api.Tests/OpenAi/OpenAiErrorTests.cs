using System.Net;
using System.Text.Json;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Tests.OpenAi;

/// <summary>Every error of the addresses that OpenAI has too is of OpenAI's form, also what the framework refuses.</summary>
public sealed class OpenAiErrorTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/v1/images/nothing", 404, "not_found")]
    [InlineData("POST", "/v1/images/generations", 404, "not_found")]
    [InlineData("GET", "/v1/images/edits", 405, "method_not_allowed")]
    [InlineData("DELETE", "/v1/models", 405, "method_not_allowed")]
    [InlineData("GET", "/v1/models/no-such-model", 404, "model_not_found")]
    public async Task Send_WrongAddressOrMethod_IsRefusedInTheirForm(
        string method,
        string path,
        int status,
        string code
    )
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ErrorAsync(status, code);
    }

    [Fact]
    public async Task Post_BadFields_AreNamedAndNotToBeRetried()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = OpenAiRequests.Good(("n", "11"), ("size", "1024x"));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement error = await response.ErrorAsync(422, "invalid_parameter");
        Assert.Equal("n", error.GetProperty("param").GetString());
        Assert.Contains("size: must be", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    [Fact]
    public async Task Post_QueueFull_TellsWhenToComeBack()
    {
        await using var app = new ApiApplication
        {
            Settings = { ["Queue:Capacity"] = "1", ["Queue:MaxRunningEdits"] = "1" },
        };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage one = OpenAiRequests.Good();
        using HttpRequestMessage two = OpenAiRequests.Good();
        Task<HttpResponseMessage> running = client.SendAsync(one, TestEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2); // after the warm-up
        Task<HttpResponseMessage> waiting = client.SendAsync(two, TestEnd);
        await ApiApplication.Until(() => app.Queue.Count == 1);
        using HttpRequestMessage late = OpenAiRequests.Good(("stream", "true"));

        using HttpResponseMessage refused = await client.SendAsync(late, TestEnd);

        await refused.ErrorAsync(429, "queue_full");
        Assert.Equal("true", refused.Headers.GetValues("x-should-retry").Single());
        double seconds = refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
        Assert.InRange(seconds, 1, 120); // OpenAI's clients give up above
        Assert.InRange(
            int.Parse(refused.Headers.GetValues("retry-after-ms").Single()),
            (seconds - 1) * 1000,
            seconds * 1000
        );
        app.Pipeline.Permits.Release(100);
        foreach (HttpResponseMessage served in await Task.WhenAll(running, waiting))
        {
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
            served.Dispose();
        }
    }

    [Fact]
    public async Task Send_NoModelLoaded_IsToldToWait()
    {
        await using var app = new ApiApplication { Load = _ => throw new FileNotFoundException("no model") };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = OpenAiRequests.Good();

        using HttpResponseMessage edit = await client.SendAsync(request, TestEnd);
        using HttpResponseMessage list = await client.GetAsync("/v1/models", TestEnd);

        await edit.ErrorAsync(503, "not_ready");
        await list.ErrorAsync(503, "not_ready");
        Assert.Equal("true", edit.Headers.GetValues("x-should-retry").Single());
    }

    [Theory]
    [InlineData("/v1/edits")]
    [InlineData("/v1/images/edits")]
    public async Task Post_MoreThanTheMachineHolds_IsNotToBeRetried(string path)
    {
        await using var app = new ApiApplication { Settings = { ["Queue:MaxPixelsPerEdit"] = "4096" } };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = path is "/v1/edits" ? EditRequests.Good() : OpenAiRequests.Good();

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(507, (int)response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    [Fact]
    public async Task Post_NoTimeForIt_IsNotToBeRetried()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        // Longer than the deadline, whatever the engine has learned of its speed.
        app.Pipeline.OnStep = _ => Thread.Sleep(20);
        using HttpRequestMessage request = OpenAiRequests.Good(("deadline_ms", "1"));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(504, (int)response.StatusCode);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }

    [Theory]
    [InlineData(true, "non_finite_image")]
    [InlineData(false, "internal_error")]
    public async Task Post_ModelBreaksOnThisEdit_IsNotToBeRetried(bool isNan, string code)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.OnFinish = _ =>
            throw (isNan ? new NonFiniteImageException("decode") : new ArithmeticException("x"));
        using HttpRequestMessage request = OpenAiRequests.Good();

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ErrorAsync(500, code);
        Assert.Equal("false", response.Headers.GetValues("x-should-retry").Single());
    }
}
