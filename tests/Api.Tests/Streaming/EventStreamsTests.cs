using System.Net.Sockets;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Streaming;

namespace InstructDiffusion.Api.Tests.Streaming;

public sealed class EventStreamsTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_Events_ArriveInOrderWithTheHeadersThatProxiesNeed()
    {
        await using StreamServer server = await StreamServer.StartAsync(
            async (events, _) =>
            {
                events.TrySend(Event("first", "1") with { Id = "1" });
                await events.SendAsync(Event("second", "2"));
            }
        );
        using HttpClient client = server.NewClient();

        using HttpResponseMessage response = await client.GetAsync("/", TestEnd);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.ToString());
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal("no", Assert.Single(response.Headers.GetValues("X-Accel-Buffering")));
        Assert.Equal(
            "retry: 3000\n\nid: 1\nevent: first\ndata: 1\n\nevent: second\ndata: 2\n\n",
            await response.Content.ReadAsStringAsync(TestEnd)
        );
    }

    [Fact]
    public async Task Run_Silence_IsFilledWithHeartbeats()
    {
        using var end = new SemaphoreSlim(0);
        await using StreamServer server = await StreamServer.StartAsync(
            (_, ended) => end.WaitAsync(ended),
            isResumable: false
        );
        using HttpClient client = server.NewClient();
        await using Stream stream = await client.GetStreamAsync("/", TestEnd);
        using var reader = new StreamReader(stream);
        Task<string?> line = reader.ReadLineAsync(TestEnd).AsTask();
        await ApiApplication.Until(() => server.Streams.Open == 1);

        // The stream's timer may not be set yet, so the clock goes on until it is seen to have rung.
        await ApiApplication.Until(() =>
        {
            server.Time.Advance(EventStreams.HeartbeatInterval);
            return line.IsCompleted;
        });

        Assert.Equal(": heartbeat", await line);
        Assert.Equal("", await reader.ReadLineAsync(TestEnd));
        end.Release();
    }

    [Fact]
    public async Task Run_ClientGoesAway_TheProducerIsToldAndLateEventsGoNowhere()
    {
        var writer = new TaskCompletionSource<SseWriter>();
        var over = new TaskCompletionSource();
        await using StreamServer server = await StreamServer.StartAsync(
            async (events, ended) =>
            {
                writer.TrySetResult(events);
                await using CancellationTokenRegistration told = ended.Register(over.SetResult);
                await over.Task;
            }
        );
        using (Socket client = await server.ConnectDeafClientAsync())
        {
            await writer.Task;
        }

        await over.Task.WaitAsync(ApiApplication.Patience, TestEnd);
        await ApiApplication.Until(() => server.Streams.Open == 0);

        SseWriter late = await writer.Task;
        Assert.False(late.TrySend(Event("late", "1")));
        Assert.False(late.TrySend(new SseEvent(null, new byte[10_000_000])));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late.SendAsync(Event("late", "2")));
    }

    [Fact]
    public async Task Run_ManyClientsThatNeverRead_AreDroppedAtTheBoundAndTheOthersServed()
    {
        const int deaf = 200;
        using var go = new SemaphoreSlim(0);
        await using StreamServer server = await StreamServer.StartAsync(
            async (events, ended) =>
            {
                await go.WaitAsync(ended);
                while (events.TrySend(new SseEvent("noise", new byte[8_000])))
                {
                    await Task.Yield();
                }
            },
            limits: new LimitsOptions { StreamBufferBytes = 100_000 }
        );
        List<Socket> clients = [];
        for (int i = 0; i < deaf; i++)
        {
            clients.Add(await server.ConnectDeafClientAsync());
        }
        await ApiApplication.Until(() => server.Streams.Open == deaf);

        go.Release(deaf);
        await ApiApplication.Until(() => server.Streams.Open == 0);

        Assert.Equal(
            deaf,
            server.Logs.Lines.Count(line => line.Contains("let too much wait", StringComparison.Ordinal))
        );
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Run_ClientThatTakesNothing_IsDroppedWhenTheStallIsOver()
    {
        await using StreamServer server = await StreamServer.StartAsync(
            (events, _) => events.SendAsync(new SseEvent("huge", new byte[64_000_000])),
            limits: new LimitsOptions { StreamBufferBytes = 1_024, StreamStallSeconds = 30 }
        );
        using Socket client = await server.ConnectDeafClientAsync();
        await ApiApplication.Until(() => server.Streams.Open == 1);

        await ApiApplication.Until(() =>
        {
            server.Time.Advance(TimeSpan.FromSeconds(31));
            return server.Streams.Open == 0;
        });

        Assert.Contains(
            server.Logs.Lines,
            line => line.Contains("took nothing for too long", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task SendAsync_HistoryLargerThanTheBuffer_ReachesASlowReaderWhole()
    {
        const int count = 200;
        await using StreamServer server = await StreamServer.StartAsync(
            async (events, _) =>
            {
                for (int i = 0; i < count; i++)
                {
                    await events.SendAsync(Event("old", new string('x', 5_000)));
                }
            },
            limits: new LimitsOptions { StreamBufferBytes = 20_000 }
        );
        using HttpClient client = server.NewClient();

        string text = await client.GetStringAsync("/", TestEnd);

        Assert.Equal(count, text.Split("event: old\n").Length - 1);
        Assert.EndsWith("x\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_ResumableStream_EndsWithReconnect()
    {
        await using StreamServer server = await StreamServer.StartAsync(
            (_, ended) => Task.Delay(Timeout.Infinite, ended)
        );
        using HttpClient client = server.NewClient();
        Task<string> text = client.GetStringAsync("/", TestEnd);
        await ApiApplication.Until(() => server.Streams.Open == 1);

        server.Stop();

        Assert.EndsWith("event: reconnect\ndata: {}\n\n", await text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_StreamOfWorkInProgress_GoesOnToItsEnd()
    {
        using var done = new SemaphoreSlim(0);
        await using StreamServer server = await StreamServer.StartAsync(
            async (events, ended) =>
            {
                await done.WaitAsync(ended);
                events.TrySend(Event("done", "{}"));
            },
            isResumable: false
        );
        using HttpClient client = server.NewClient();
        Task<string> text = client.GetStringAsync("/", TestEnd);
        await ApiApplication.Until(() => server.Streams.Open == 1);

        server.Stop();
        done.Release();

        Assert.Equal("event: done\ndata: {}\n\n", await text);
    }

    private static SseEvent Event(string type, string data) => new(type, System.Text.Encoding.UTF8.GetBytes(data));
}
