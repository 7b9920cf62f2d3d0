using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Api.Streaming;
using InstructDiffusion.Engine.Imaging;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class EditEventsTests
{
    private const string Events = "text/event-stream";

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_AcceptingEvents_TellsEachStepAndGivesTheAnswer()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage plain = EditRequests.Good(("seed", "3"), ("steps", "4")).Accepting("application/json");
        using HttpRequestMessage request = EditRequests.Good(("seed", "3"), ("steps", "4")).Accepting(Events);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        var events = await response.EventsAsync();
        using HttpResponseMessage whole = await client.SendAsync(plain, TestEnd);

        Assert.Equal(
            ["queued", "progress", "progress", "progress", "progress", "completed"],
            events.Select(one => one.Name)
        );
        Assert.Equal("""{"seeds":[3]}""", events[0].Data.GetRawText());
        Assert.Equal("""{"index":0,"step":2,"of":4}""", events[2].Data.GetRawText());
        Assert.Equal(
            (await whole.JsonAsync()).GetProperty("image").GetString(),
            events[^1].Data.GetProperty("image").GetString()
        );
        Assert.Equal("no", response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Post_SeveralAcceptingEvents_TellsOfEach()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good(("n", "2"), ("steps", "3")).Accepting(Events);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        var events = await response.EventsAsync();
        Assert.Equal(
            [0, 0, 0, 1, 1, 1],
            events.Where(one => one.Name is "progress").Select(one => one.Data.GetProperty("index").GetInt32()).Order()
        );
        Assert.Equal(2, events[^1].Data.GetProperty("images").GetArrayLength());
    }

    [Fact]
    public async Task Post_WithPreviewEvery_ShowsWhatThereIsSoFar()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good(("steps", "7"), ("preview_every", "3")).Accepting(Events);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement[] previews =
        [
            .. (await response.EventsAsync()).Where(one => one.Name is "preview").Select(one => one.Data),
        ];
        Assert.Equal([3, 6], previews.Select(preview => preview.GetProperty("step").GetInt32()));
        Assert.All(
            previews,
            preview =>
            {
                byte[] file = preview.GetProperty("image").GetBytesFromBase64();
                DecodedImage picture = ImageCodec.Decode(file, ImageDecodeLimits.Default);
                Assert.Equal(ImageFileFormat.Jpeg, picture.Format);
                Assert.Equal(preview.GetProperty("width").GetInt32(), picture.Image.Width);
            }
        );
    }

    [Fact]
    public async Task Post_EditFailsOnTheWay_EndsWithTheProblem()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.OnFinish = _ => throw new Engine.Editing.NonFiniteImageException("decode");
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage request = EditRequests.Good().Accepting(Events);

        using HttpResponseMessage response = await client.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestEnd
        );
        app.Pipeline.Permits.Release(100); // what fails before the first event is a plain problem

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        (string name, JsonElement problem) = (await response.EventsAsync())[^1];
        Assert.Equal("error", name);
        Assert.Equal("non_finite_image", problem.GetProperty("code").GetString());
        Assert.Equal(500, problem.GetProperty("status").GetInt32());
        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("non_finite_image", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Post_BadFieldAcceptingEvents_IsAPlainProblem()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good(("steps", "0")).Accepting(Events);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ProblemAsync(422, "invalid_parameter");
    }

    [Fact]
    public async Task Post_LongSilence_IsFilledWithComments()
    {
        var time = new FakeTimeProvider();
        await using var app = new ApiApplication { Time = time };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage request = EditRequests.Good().Accepting(Events);
        using HttpResponseMessage response = await client.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestEnd
        );
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(TestEnd));

        Task<int> comments = CountCommentsAsync(lines, until: 3);
        await ApiApplication.Until(() =>
        {
            time.Advance(EventStreams.HeartbeatInterval);
            return comments.IsCompleted;
        });
        app.Pipeline.Permits.Release(100);

        Assert.Equal(3, await comments);
        Assert.Contains("event: completed", await lines.ReadToEndAsync(TestEnd), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ReaderGoesAway_EndsTheEdit()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage request = EditRequests.Good(("steps", "500")).Accepting(Events);
        HttpResponseMessage response = await client.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestEnd
        );
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2); // after the warm-up

        response.Dispose();
        await ApiApplication.Until(() => app.Aborts.Count == 1);
        app.Pipeline.Permits.Release(100);

        await ApiApplication.Until(() => app.Pipeline.Disposed == 2);
        Assert.InRange(app.Pipeline.Steps.Count, 1, 3); // the warm-up's, the one under way, and one that began meanwhile
        await ApiApplication.Until(() => app.Services.GetRequiredService<EventStreams>().Open == 0);
    }

    [Fact]
    public async Task Post_ReaderTakesNothing_IsDroppedAndItsEditEnds()
    {
        await using var app = new ApiApplication
        {
            Settings = { ["Limits:StreamStallSeconds"] = "1" },
            // Else the system takes megabytes for a client that reads none of them.
            Adapted = services =>
                services.Configure<SocketTransportOptions>(sockets =>
                    sockets.CreateBoundListenSocket = SocketOfSmallBuffer
                ),
        };
        using HttpClient client = await app.StartAsync();
        var noise = new byte[400 * 400 * RgbImage.Channels];
        new Random(1).NextBytes(noise);
        byte[] picture = Pictures.Png(new RgbImage(400, 400, noise));
        using HttpRequestMessage request = EditRequests.Form(picture, ("instruction", "a"));
        byte[] body = await request.Content!.ReadAsByteArrayAsync(TestEnd);
        using var reader = new TcpClient { ReceiveBufferSize = 4096 };
        await reader.ConnectAsync(app.Address.Host, app.Address.Port, TestEnd);
        string head =
            $"POST /v1/edits HTTP/1.1\r\nHost: x\r\nAccept: {Events}\r\n"
            + $"Content-Type: {request.Content.Headers.ContentType}\r\nContent-Length: {body.Length}\r\n\r\n";
        await reader.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestEnd);
        await reader.GetStream().WriteAsync(body, TestEnd);

        // Nothing is read of the answer.
        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("took nothing for too long", StringComparison.Ordinal))
        );

        await ApiApplication.Until(() => app.Services.GetRequiredService<EventStreams>().Open == 0);
        using HttpRequestMessage next = EditRequests.Good();
        using HttpResponseMessage good = await client.SendAsync(next, TestEnd);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
    }

    private static Socket SocketOfSmallBuffer(EndPoint address)
    {
        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        socket.SendBufferSize = 8192;
        return socket;
    }

    private static async Task<int> CountCommentsAsync(StreamReader lines, int until)
    {
        int count = 0;
        while (count < until)
        {
            string line = await lines.ReadLineAsync(TestEnd) ?? throw new IOException("The stream ended.");
            count += line.StartsWith(':') ? 1 : 0;
        }
        return count;
    }
}
