using System.Net.Sockets;
using System.Text;
using InstructDiffusion.Api.Edits;
using Microsoft.Extensions.DependencyInjection;

namespace InstructDiffusion.Api.Tests.Security;

/// <summary>Clients on real sockets that send slowly, or too much of what costs them nothing.</summary>
public sealed class SlowClientTests
{
    private const int Crowd = 500;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_ACrowdOfUploadsAtATrickle_TakesNeitherEngineNorThreadsAndKeepsNobodyOut()
    {
        await using var app = new ApiApplication { Settings = { ["Limits:UploadGraceSeconds"] = "3" } };
        using HttpClient client = await app.StartAsync();
        UploadGate gate = app.Services.GetRequiredService<UploadGate>();
        int threadsBefore = ThreadPool.ThreadCount;

        Task<string>[] crowd = [.. Enumerable.Range(0, Crowd).Select(_ => TrickleAsync(app.Address))];
        await ApiApplication.Until(() => gate.Bytes > 0);
        using HttpRequestMessage honest = EditRequests.Good();
        using HttpResponseMessage served = await client.SendAsync(honest, TestEnd);
        int threads = ThreadPool.ThreadCount - threadsBefore;
        string[] answers = await Task.WhenAll(crowd);

        Assert.Equal(200, (int)served.StatusCode);
        Assert.All(answers, answer => Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal));
        Assert.Equal(2, app.Pipeline.Prepared); // the warm-up, and the honest one
        Assert.InRange(threads, -Crowd, Crowd / 5);
        await ApiApplication.Until(() => gate.Bytes == 0);
    }

    [Fact]
    public async Task Connect_ACrowdOfHeadsThatNeverEnd_IsHungUpOn()
    {
        await using var app = new ApiApplication { Settings = { ["Limits:HeadSeconds"] = "1" } };
        using HttpClient client = await app.StartAsync();

        Task<string>[] crowd =
        [
            .. Enumerable
                .Range(0, Crowd)
                .Select(_ => SendAsync(app.Address, "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Never: ends")),
        ];
        using HttpResponseMessage live = await client.GetAsync("/health/live", TestEnd);
        string[] answers = await Task.WhenAll(crowd);

        Assert.Equal(200, (int)live.StatusCode);
        Assert.All(answers, answer => Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connect_MoreThanAllowed_IsClosedAtOnce()
    {
        await using var app = new ApiApplication { Settings = { ["Limits:MaxConnections"] = "3" } };
        using HttpClient client = await app.StartUnreadyAsync();
        (await client.GetAsync("/health/live", TestEnd)).Dispose(); // keeps one
        using Socket second = await ConnectAsync(app.Address);
        using Socket third = await ConnectAsync(app.Address);
        await ApiApplication.Until(() => IsServed(second) && IsServed(third));

        string answer = await SendAsync(app.Address, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.Equal("", answer);
    }

    [Theory]
    [InlineData("header of 40,000 bytes", 431)]
    [InlineData("two headers of 20,000 bytes", 431)]
    [InlineData("101 headers", 431)]
    [InlineData("path of 10,000 bytes", 414)]
    public async Task Get_HeadThatIsTooLarge_IsRefused(string what, int status)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartUnreadyAsync();
        string head = what switch
        {
            "header of 40,000 bytes" => $"GET / HTTP/1.1\r\nHost: x\r\nX: {new string('a', 40_000)}\r\n\r\n",
            "two headers of 20,000 bytes" =>
                $"GET / HTTP/1.1\r\nHost: x\r\nX: {new string('a', 20_000)}\r\nY: {new string('a', 20_000)}\r\n\r\n",
            "101 headers" =>
                $"GET / HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, 100).Select(i => $"X{i}: a\r\n"))}\r\n",
            _ => $"GET /{new string('a', 10_000)} HTTP/1.1\r\nHost: x\r\n\r\n",
        };

        string answer = await SendAsync(app.Address, head);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }

    /// <summary>An upload of 100 bytes a second, until there is an answer.</summary>
    private static async Task<string> TrickleAsync(Uri server)
    {
        using Socket socket = await ConnectAsync(server);
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        await socket.SendAsync(
            "POST /v1/edits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"u8.ToArray(),
            TestEnd
        );
        Task sending = SendSlowlyAsync(socket, answered.Token);
        string answer = await ReadAsync(socket);
        await answered.CancelAsync();
        await sending;
        return answer;
    }

    private static async Task SendSlowlyAsync(Socket socket, CancellationToken answered)
    {
        byte[] blanks = Encoding.ASCII.GetBytes(new string(' ', 50));
        try
        {
            while (true)
            {
                await Task.Delay(500, answered);
                await socket.SendAsync(blanks, answered);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            // There is an answer, or the server has hung up.
        }
    }

    private static async Task<Socket> ConnectAsync(Uri server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Host, server.Port, TestEnd);
        return socket;
    }

    private static async Task<string> SendAsync(Uri server, string request)
    {
        using Socket socket = await ConnectAsync(server);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), TestEnd);
        return await ReadAsync(socket);
    }

    /// <summary>The beginning of the answer; nothing when the server hangs up without one.</summary>
    private static async Task<string> ReadAsync(Socket socket)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        patience.CancelAfter(ApiApplication.Patience);
        byte[] buffer = new byte[1_024];
        try
        {
            int read = await socket.ReceiveAsync(buffer, patience.Token);
            return Encoding.ASCII.GetString(buffer, 0, read);
        }
        catch (SocketException)
        {
            return "";
        }
    }

    // A connection that was closed as one too many is readable at once; one that is served waits for a request.
    private static bool IsServed(Socket socket) => !socket.Poll(0, SelectMode.SelectRead);
}
