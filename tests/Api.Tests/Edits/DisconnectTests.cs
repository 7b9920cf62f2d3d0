using System.Net.Sockets;
using System.Text;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class DisconnectTests
{
    [Fact]
    public async Task ClientGoesAway_WhileItsEditRuns_TheRowsLeaveAtTheNextStepAndTheOthersGoOn()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage staying = Named("staying", steps: 6);
        Task<HttpResponseMessage> stays = client.SendAsync(staying, TestContext.Current.CancellationToken);
        app.Pipeline.Permits.Release();
        await ApiApplication.Until(() => StepsOf(app, "staying") == 1);
        TcpClient leaving = await SendByHandAsync(app.Address, Named("leaving", steps: 100));
        await ApiApplication.Until(() => app.Queue.Count == 1);
        // One step was under way without it, the next prepares it, the third it shares.
        app.Pipeline.Permits.Release(3);
        await ApiApplication.Until(() => StepsOf(app, "leaving") == 1);

        // Both are in a step that waits for its permit; the connection is cut, and only then the step goes on.
        await ApiApplication.Until(() => StepsOf(app, "staying") == 4);
        leaving.Close();
        await ApiApplication.Until(() => app.Aborts.Count == 1);
        app.Pipeline.Permits.Release(100);
        using HttpResponseMessage response = await stays;

        Assert.Equal(200, (int)response.StatusCode);
        await ApiApplication.Until(() => app.Pipeline.Disposed == app.Pipeline.Prepared);
        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("499 client_closed_request", StringComparison.Ordinal))
        );
        Assert.InRange(StepsOf(app, "leaving"), 1, 2);
        Assert.Equal(6, StepsOf(app, "staying"));
        Assert.Empty(app.Pipeline.Breaches);
    }

    [Fact]
    public async Task ClientGoesAway_WhileItsEditWaits_ItIsNeverPrepared()
    {
        await using var app = new ApiApplication { Settings = { ["Queue:MaxRunningEdits"] = "1" } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage first = Named("first", steps: 2);
        Task<HttpResponseMessage> firstDone = client.SendAsync(first, TestContext.Current.CancellationToken);
        await ApiApplication.Until(() => app.Engine.Status.Running == 1 || app.Pipeline.Prepared == 2);
        TcpClient leaving = await SendByHandAsync(app.Address, Named("leaving", steps: 5));
        await ApiApplication.Until(() => app.Queue.Count == 1);

        leaving.Close();
        await ApiApplication.Until(() => app.Aborts.Count == 1);
        app.Pipeline.Permits.Release(100);
        using HttpResponseMessage response = await firstDone;

        Assert.Equal(200, (int)response.StatusCode);
        await ApiApplication.Until(() => app.Queue.Count == 0);
        Assert.Equal(0, StepsOf(app, "leaving"));
        // The warm-up and the first edit.
        Assert.Equal(2, app.Pipeline.Prepared);
    }

    [Fact]
    public async Task ClientGoesAway_InTheMiddleOfItsUpload_NothingRuns()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using (var half = new TcpClient())
        {
            await half.ConnectAsync(app.Address.Host, app.Address.Port, TestContext.Current.CancellationToken);
            await half.GetStream()
                .WriteAsync(
                    "POST /v1/edits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"ima"u8.ToArray(),
                    TestContext.Current.CancellationToken
                );
        }

        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.StartsWith("Information Edit ", StringComparison.Ordinal))
        );

        Assert.Equal(1, app.Pipeline.Prepared);
        using HttpRequestMessage next = EditRequests.Good();
        using HttpResponseMessage response = await client.SendAsync(next, TestContext.Current.CancellationToken);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task ManyClients_SomeGoAwayAtRandomTimes_EveryEditEndsAndNothingIsLeft()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.OnStep = _ => Thread.Sleep(2);
        var random = new Random(5);
        Task<bool>[] edits =
        [
            .. Enumerable.Range(0, 30).Select(i => EditAsync(client, i, i % 3 == 0 ? random.Next(60) : null)),
        ];

        bool[] answered = await Task.WhenAll(edits);

        Assert.All(Enumerable.Range(0, 30).Where(i => i % 3 != 0), i => Assert.True(answered[i], $"edit {i}"));
        // A request whose client has left may still arrive.
        await ApiApplication.Until(() =>
            app.Engine.Status is { Running: 0, Waiting: 0 } && app.Pipeline.Disposed == app.Pipeline.Prepared
        );
        Assert.Empty(app.Pipeline.Breaches);
    }

    private static async Task<bool> EditAsync(HttpClient client, int index, int? leaveAfterMs)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        if (leaveAfterMs is { } delay)
        {
            leave.CancelAfter(delay);
        }
        try
        {
            using HttpRequestMessage request = Named($"{index}", steps: 1 + (index % 7));
            using HttpResponseMessage response = await client.SendAsync(request, leave.Token);
            return response.IsSuccessStatusCode;
        }
        catch (OperationCanceledException) when (leaveAfterMs is not null)
        {
            return false;
        }
    }

    private static int StepsOf(ApiApplication app, string name) =>
        app.Pipeline.Steps.Count(names => names.Contains(name, StringComparer.Ordinal));

    private static HttpRequestMessage Named(string name, int steps) =>
        EditRequests.Form(Pictures.Png(Pictures.Gradient()), ("instruction", name), ("steps", $"{steps}"));

    private static async Task<TcpClient> SendByHandAsync(Uri server, HttpRequestMessage request)
    {
        CancellationToken testEnd = TestContext.Current.CancellationToken;
        byte[] body = await request.Content!.ReadAsByteArrayAsync(testEnd);
        var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, testEnd);
        string head =
            $"POST /v1/edits HTTP/1.1\r\nHost: x\r\nContent-Type: {request.Content.Headers.ContentType}\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), testEnd);
        await client.GetStream().WriteAsync(body, testEnd);
        return client;
    }
}
