using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>A known little workload, and what /metrics says of it.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class MetricsEndpointTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new()
    {
        Settings = { ["Queue:Capacity"] = "2", ["Queue:MaxRunningEdits"] = "1" },
    };
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Get_AfterEdits_CountsThemWithUnitsAndLabels()
    {
        await SendAsync(200, ("seed", "7"));
        await SendAsync(200, ("seed", "7"));
        await SendAsync(200);
        await SendAsync(422, ("steps", "0"));

        PrometheusText text = await Metrics.UntilAsync(_client, "idiff_queue_wait_duration_seconds_count", 2);

        const string requests = "gen_ai_server_request_duration_seconds_count";
        Assert.Equal(4, text.Sum(requests, ("gen_ai_request_model", "fake"), ("gen_ai_output_type", "image")));
        Assert.Equal(1, text.Sum(requests, ("error_type", "invalid_parameter")));
        Assert.Equal(1, text.Sum("idiff_input_rejected_total", ("reason", "invalid_parameter")));
        Assert.Equal(1, text.Sum("idiff_input_rejected_total"));
        Assert.Equal(2, text.Sum("idiff_admission_decisions_total", ("decision", "accept")));
        Assert.Equal(0, text.Sum("idiff_admission_decisions_total", ("decision", "reject")));
        Assert.Equal(1, text.Sum("idiff_cache_requests_total", ("result", "hit")));
        Assert.Equal(1, text.Sum("idiff_cache_requests_total", ("result", "miss")));
        Assert.Equal(2, text.Sum("idiff_queue_wait_duration_seconds_count", ("class", "standard")));
        // Decoded and encoded each time, in the engine twice.
        Assert.Equal(3, text.Sum("idiff_stage_duration_seconds_count", ("stage", "encode")));
        foreach (string stage in new[] { "text", "vae_enc", "denoise", "vae_dec" })
        {
            Assert.Equal(2, text.Sum("idiff_stage_duration_seconds_count", ("stage", stage)));
        }
        // As the fake pipeline says: 2 ms each.
        Assert.Equal(0.004, text.Sum("idiff_stage_duration_seconds_sum", ("stage", "denoise"))!.Value, 1e-9);
        Assert.Equal(1, text.Sum("idiff_build_info", ("model", "fake"), ("device", "cpu")));
        Assert.True(text.Sum("idiff_gpu_memory_limit_bytes", ("device", "cpu")) > 0);
        Assert.True(text.Sum("http_server_request_duration_seconds_count", ("http_route", "/v1/edits")) >= 4);
        Assert.Equal("histogram", text.Types["idiff_stage_duration_seconds"]);
        Assert.Equal("counter", text.Types["idiff_admission_decisions_total"]);
    }

    [Fact]
    public async Task Get_Histograms_HaveTheBoundsOfOurTimes()
    {
        await SendAsync(200);

        PrometheusText text = await Metrics.UntilAsync(_client, "idiff_queue_wait_duration_seconds_count", 1);

        string[] bounds = ["0.05", "0.1", "0.25", "0.5", "1", "2", "4", "8", "15", "30", "60", "120", "300", "+Inf"];
        foreach (string name in new[] { "idiff_queue_wait_duration_seconds", "gen_ai_server_request_duration_seconds" })
        {
            Assert.Equal(
                bounds,
                text.Samples.Where(sample => sample.Name == $"{name}_bucket").Select(sample => sample.Labels["le"])
            );
        }
    }

    [Fact]
    public async Task Get_EditRefusedAndGivenUp_IsCountedWithTheReason()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        Task running = LeaveAsync(leaving.Token);
        await ApiApplication.Until(() => _app.Pipeline.Prepared == 2);
        Task waiting = LeaveAsync(leaving.Token);
        Task alsoWaiting = LeaveAsync(leaving.Token);
        await ApiApplication.Until(() => _app.Queue.Count == 2);
        await SendAsync(429);

        await leaving.CancelAsync();
        await Task.WhenAll(running, waiting, alsoWaiting);
        await ApiApplication.Until(() => _app.Aborts.Count == 3);
        _app.Pipeline.Permits.Release(100);
        PrometheusText text = await Metrics.UntilAsync(_client, "idiff_cancellations_total", 3, ("by", "client"));

        Assert.Equal(1, text.Sum("idiff_admission_decisions_total", ("decision", "reject"), ("reason", "queue_full")));
        Assert.Equal(1, text.Sum("idiff_cancellations_total", ("by", "client"), ("phase", "running")));
        Assert.Equal(2, text.Sum("idiff_cancellations_total", ("by", "client"), ("phase", "queued")));
        await Metrics.UntilAsync(_client, "idiff_cancel_latency_seconds_count", 3);
    }

    [Fact]
    public async Task Get_ServerThatLoads_ServesAndCountsRefusals()
    {
        using var loading = new ManualResetEventSlim();
        await using var app = new ApiApplication
        {
            Load = cancellationToken =>
            {
                loading.Wait(cancellationToken);
                return new TestSupport.FakeEditPipeline().Load(cancellationToken);
            },
        };
        using HttpClient client = await app.StartUnreadyAsync();
        using HttpRequestMessage request = EditRequests.Good();
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        Assert.Equal(503, (int)response.StatusCode);

        PrometheusText text = await Metrics.ReadAsync(client);

        Assert.Null(text.Sum("idiff_build_info", ("model", "")));
        Assert.Equal(0, text.Sum("idiff_ready"));
        Assert.Equal(1, text.Sum("gen_ai_server_request_duration_seconds_count", ("error_type", "not_ready")));
        loading.Set();
        await ApiApplication.Until(() => app.Engine.Status.Phase == EnginePhase.Ready);
        PrometheusText later = await Metrics.ReadAsync(client);
        // It says what it runs once it knows: one series a server, so that replicas can be counted by it.
        Assert.Null(later.Sum("idiff_build_info", ("model", "")));
    }

    private async Task LeaveAsync(CancellationToken leaving)
    {
        using HttpRequestMessage request = EditRequests.Good();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.SendAsync(request, leaving));
    }

    private async Task SendAsync(int status, params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = EditRequests.Good(fields);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        Assert.Equal(status, (int)response.StatusCode);
    }
}
