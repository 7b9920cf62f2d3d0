using System.Net.Sockets;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class OverloadTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_QueueFull_IsRefusedAtOnceAndToldWhenToComeBack()
    {
        await using var app = new ApiApplication
        {
            Settings = { ["Queue:Capacity"] = "2", ["Queue:MaxRunningEdits"] = "1" },
        };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        List<Task<HttpResponseMessage>> accepted = [client.SendAsync(EditRequests.Good(), TestEnd)];
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
        accepted.Add(client.SendAsync(EditRequests.Good(), TestEnd));
        accepted.Add(client.SendAsync(EditRequests.Good(), TestEnd));
        await ApiApplication.Until(() => app.Queue.Count == 2);

        using HttpRequestMessage late = EditRequests.Good().Accepting("image/png");
        using HttpResponseMessage refused = await client.SendAsync(late, TestEnd);

        await refused.ProblemAsync(429, "queue_full");
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 120);
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        Assert.Equal(200, (int)ready.StatusCode);

        app.Pipeline.Permits.Release(100);
        foreach (HttpResponseMessage response in await Task.WhenAll(accepted))
        {
            Assert.Equal(200, (int)response.StatusCode);
            response.Dispose();
        }
        using HttpRequestMessage again = EditRequests.Good();
        using HttpResponseMessage served = await client.SendAsync(again, TestEnd);
        Assert.Equal(200, (int)served.StatusCode);
    }

    [Fact]
    public async Task Post_AFloodAtAFullQueue_IsRefusedWithoutWorkAndWhatWasAcceptedIsServed()
    {
        const int Flood = 500;
        await using var app = new ApiApplication
        {
            Settings = { ["Queue:Capacity"] = "1", ["Queue:MaxRunningEdits"] = "1" },
        };
        using HttpClient client = await app.StartAsync();
        byte[] picture = Pictures.Png(Pictures.Gradient(256, 256));
        app.Pipeline.Permits = new SemaphoreSlim(0);
        Task<HttpResponseMessage> running = client.SendAsync(EditRequests.Good(), TestEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
        Task<HttpResponseMessage> waiting = client.SendAsync(EditRequests.Good(), TestEnd);
        await ApiApplication.Until(() => app.Queue.Count == 1);
        int prepared = app.Pipeline.Prepared;

        await Parallel.ForAsync(
            0,
            Flood,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestEnd },
            async (_, stop) =>
            {
                using HttpRequestMessage request = EditRequests.Form(picture, ("instruction", "make it winter"));
                using HttpResponseMessage refused = await client.SendAsync(request, stop);
                Assert.Equal(429, (int)refused.StatusCode);
                Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 120);
            }
        );

        Assert.Equal(prepared, app.Pipeline.Prepared);
        Assert.Equal(1, app.Queue.Count);
        await ApiApplication.Until(() => app.Services.GetRequiredService<UploadGate>().Bytes == 0);
        app.Pipeline.Permits.Release(100);
        foreach (HttpResponseMessage served in await Task.WhenAll(running, waiting))
        {
            Assert.Equal(200, (int)served.StatusCode);
            served.Dispose();
        }
    }

    [Fact]
    public async Task Post_NoPlaceToDecodeAt_WaitsForOne()
    {
        await using var app = new ApiApplication { Settings = { ["Limits:MaxUploads"] = "1" } };
        using HttpClient client = await app.StartAsync();
        IDisposable place = await app.Services.GetRequiredService<UploadGate>().EnterAsync(TestEnd);
        using HttpRequestMessage waiting = EditRequests.Good();

        Task<HttpResponseMessage> answer = client.SendAsync(waiting, TestEnd);
        await Task.Delay(300, TestEnd);
        Assert.False(answer.IsCompleted);

        place.Dispose();
        using HttpResponseMessage served = await answer;
        Assert.Equal(200, (int)served.StatusCode);
    }

    [Fact]
    public async Task Post_UploadsHoldMoreThanTheyMayInAll_TheNextIsToldToComeBack()
    {
        await using var app = new ApiApplication
        {
            Settings = { ["Limits:MaxBodyBytes"] = "10000", ["Limits:MaxUploadBytes"] = "10000" },
        };
        using HttpClient client = await app.StartAsync();
        UploadGate gate = app.Services.GetRequiredService<UploadGate>();
        using var slow = new TcpClient();
        await slow.ConnectAsync(app.Address.Host, app.Address.Port, TestEnd);
        string start =
            $"POST /v1/edits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{{{new string(' ', 9_900)}";
        await slow.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(start), TestEnd);
        await ApiApplication.Until(() => gate.Bytes == 9_901);

        using HttpRequestMessage next = EditRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(next, TestEnd);
        slow.Close();
        await ApiApplication.Until(() => gate.Bytes == 0);
        using HttpRequestMessage again = EditRequests.Good();
        using HttpResponseMessage served = await client.SendAsync(again, TestEnd);

        await refused.ProblemAsync(429, "too_many_uploads");
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(200, (int)served.StatusCode);
    }

    [Fact]
    public async Task EnterAsync_NoPlaceInTime_IsRefused()
    {
        using var gate = new UploadGate(Options.Create(new LimitsOptions { MaxUploads = 1, UploadSeconds = 1 }));
        IDisposable place = await gate.EnterAsync(TestEnd);

        var refusal = await Assert.ThrowsAsync<ApiException>(() => gate.EnterAsync(TestEnd));

        Assert.Equal(ProblemKind.TooManyUploads, refusal.Kind);
        place.Dispose();
        using IDisposable next = await gate.EnterAsync(TestEnd);
    }

    [Fact]
    public async Task Post_ModelStillLoading_IsToldToWait()
    {
        using var gate = new SemaphoreSlim(0);
        var pipeline = new TestSupport.FakeEditPipeline();
        await using var app = new ApiApplication
        {
            Pipeline = pipeline,
            Load = cancel =>
            {
                gate.Wait(cancel);
                return pipeline.Load(cancel);
            },
        };
        using HttpClient client = await app.StartUnreadyAsync();

        using HttpRequestMessage early = EditRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(early, TestEnd);
        await refused.ProblemAsync(503, "not_ready");
        Assert.NotNull(refused.Headers.RetryAfter);

        gate.Release();
        await ApiApplication.Until(() => app.Engine.Status.Phase == Engine.Batching.EnginePhase.Ready);
        using HttpRequestMessage next = EditRequests.Good();
        using HttpResponseMessage served = await client.SendAsync(next, TestEnd);
        Assert.Equal(200, (int)served.StatusCode);
    }
}
