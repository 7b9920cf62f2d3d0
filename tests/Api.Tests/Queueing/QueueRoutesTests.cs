using System.Text.Json;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Queueing;

public sealed class QueueRoutesTests : IAsyncLifetime
{
    private readonly MovedClock _clock = new();
    private readonly ApiApplication _app;
    private HttpClient _client = null!;

    public QueueRoutesTests()
    {
        _app = new ApiApplication
        {
            Time = _clock,
            Settings = { ["Queue:MaxRunningEdits"] = "1", ["Queue:Capacity"] = "2" },
        };
        _app.Pipeline.OnStep = _ => _clock.Advance(TimeSpan.FromSeconds(1));
    }

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Estimate_IdleEngine_IsTheStepsAndNoWait()
    {
        JsonElement estimate = await EstimateAsync(
            new
            {
                width = 640,
                height = 480,
                steps = 10,
                size = "64x64",
            }
        );

        Assert.InRange(estimate.GetProperty("engine_ms").GetDouble(), 9_900, 10_200);
        Assert.Equal(0, estimate.GetProperty("wait_ms").GetDouble());
        Assert.InRange(estimate.GetProperty("total_ms").GetDouble(), 9_900, 10_200);
        Assert.Equal(3, estimate.GetProperty("rows").GetInt32());
        Assert.Equal("64x64", estimate.GetProperty("working_size").GetString());
        Assert.True(estimate.GetProperty("admitted").GetBoolean());
        Assert.False(estimate.TryGetProperty("refusal", out _));
        Assert.Equal(1, _app.Pipeline.Prepared); // the warm-up alone
    }

    [Fact]
    public async Task Estimate_SeveralPictures_IsTheSum()
    {
        JsonElement estimate = await EstimateAsync(
            new
            {
                width = 64,
                height = 64,
                steps = 10,
                n = 2,
            }
        );

        Assert.InRange(estimate.GetProperty("engine_ms").GetDouble(), 19_800, 20_400);
    }

    [Fact]
    public async Task Estimate_DeadlineTooShort_SaysWhy()
    {
        JsonElement estimate = await EstimateAsync(
            new
            {
                width = 64,
                height = 64,
                steps = 10,
                deadline_ms = 5_000,
            }
        );

        Assert.False(estimate.GetProperty("admitted").GetBoolean());
        JsonElement refusal = estimate.GetProperty("refusal");
        Assert.Equal(504, refusal.GetProperty("status").GetInt32());
        Assert.Equal("deadline_before_start", refusal.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Estimate_QueueFull_SaysWhenToComeBackAndPromisesNothing()
    {
        await using BusyEngine busy = await BusyEngine.StartAsync(_app, _client);

        JsonElement estimate = await EstimateAsync(new { width = 64, height = 64 });
        JsonElement again = await EstimateAsync(new { width = 64, height = 64 });

        JsonElement refusal = estimate.GetProperty("refusal");
        Assert.Equal("queue_full", refusal.GetProperty("code").GetString());
        Assert.InRange(refusal.GetProperty("retry_after_ms").GetDouble(), 1_000, 120_000);
        Assert.Equal(refusal.GetRawText(), again.GetProperty("refusal").GetRawText());
    }

    [Theory]
    [InlineData("""{"height": 64}""", "width")]
    [InlineData("""{"width": 0, "height": 64}""", "width")]
    [InlineData("""{"width": 64, "height": 100000}""", "height")]
    [InlineData("""{"width": 16000, "height": 16000}""", "width")]
    [InlineData("""{"width": 64, "height": 64, "image": "aa"}""", "image")]
    [InlineData("""{"width": 64, "height": 64, "steps": 0}""", "steps")]
    public async Task Estimate_WrongFields_AreRefused(string body, string field)
    {
        using HttpRequestMessage request = Estimating(body);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(field, problem.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Queue_BusyEngine_TellsDepthAndOnesOwn()
    {
        await using BusyEngine busy = await BusyEngine.StartAsync(_app, _client);

        using HttpResponseMessage response = await _client.GetAsync("/v1/queue", TestEnd);

        JsonElement queue = await response.JsonAsync();
        Assert.Equal(1, queue.GetProperty("running").GetInt32());
        Assert.Equal(2, queue.GetProperty("capacity").GetInt32());
        JsonElement waiting = queue.GetProperty("waiting");
        Assert.Equal(2, waiting.GetProperty("standard").GetProperty("edits").GetInt32());
        Assert.InRange(waiting.GetProperty("standard").GetProperty("work_ms").GetDouble(), 5_900, 6_200);
        Assert.Equal(0, waiting.GetProperty("batch").GetProperty("edits").GetInt32());
        JsonElement[] own = [.. queue.GetProperty("own").EnumerateArray()];
        Assert.Equal(["running", "waiting", "waiting"], own.Select(edit => edit.GetProperty("state").GetString()));
        Assert.True(own[0].GetProperty("ends_in_ms").GetDouble() < own[2].GetProperty("ends_in_ms").GetDouble());
        Assert.Equal(queue.GetProperty("empty_in_ms").GetDouble(), own[2].GetProperty("ends_in_ms").GetDouble());
    }

    [Fact]
    public async Task Queue_IdleEngine_IsEmpty()
    {
        using HttpResponseMessage response = await _client.GetAsync("/v1/queue", TestEnd);

        JsonElement queue = await response.JsonAsync();
        Assert.Equal(0, queue.GetProperty("running").GetInt32());
        Assert.Equal(0, queue.GetProperty("empty_in_ms").GetDouble());
        Assert.Empty(queue.GetProperty("own").EnumerateArray());
    }

    private async Task<JsonElement> EstimateAsync(object body)
    {
        using HttpRequestMessage request = Estimating(JsonSerializer.Serialize(body));
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        Assert.Equal(200, (int)response.StatusCode);
        return await response.JsonAsync();
    }

    private static HttpRequestMessage Estimating(string body)
    {
        HttpRequestMessage request = EditRequests.JsonText(body);
        request.RequestUri = new Uri("/v1/estimate", UriKind.Relative);
        return request;
    }

    /// <summary>One edit that runs and two that wait, until disposed.</summary>
    private sealed class BusyEngine : IAsyncDisposable
    {
        private readonly List<Task<HttpResponseMessage>> _edits = [];
        private readonly FakeEditPipeline _pipeline;

        private BusyEngine(FakeEditPipeline pipeline)
        {
            _pipeline = pipeline;
            _pipeline.Permits = new SemaphoreSlim(0);
        }

        public static async Task<BusyEngine> StartAsync(ApiApplication app, HttpClient client)
        {
            var busy = new BusyEngine(app.Pipeline);
            busy._edits.Add(client.SendAsync(EditRequests.Good(), TestEnd));
            // One round publishes what it holds.
            app.Pipeline.Permits!.Release();
            await ApiApplication.Until(() => app.Pipeline.Steps.Count(names => !names.Contains("warm up")) == 1);
            busy._edits.Add(client.SendAsync(EditRequests.Good(), TestEnd));
            busy._edits.Add(client.SendAsync(EditRequests.Good(), TestEnd));
            await ApiApplication.Until(() => app.Queue.Count == 2);
            return busy;
        }

        public async ValueTask DisposeAsync()
        {
            _pipeline.Permits!.Release(1000);
            foreach (HttpResponseMessage response in await Task.WhenAll(_edits))
            {
                response.Dispose();
            }
        }
    }
}
