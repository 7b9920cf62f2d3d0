using System.Text;
using InstructDiffusion.Api.Tests.Callers;
using InstructDiffusion.Api.Tests.Jobs;
using InstructDiffusion.Api.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Vision;

/// <summary>Each route that takes a picture gives each status that its documentation names.</summary>
public sealed class PictureRouteStatusTests
{
    private static readonly byte[] Png = Pictures.Png(Pictures.Gradient());

    private static readonly Dictionary<string, (string Name, string Value)[]> Routes = new()
    {
        ["/v1/vision/segment"] = [("target", "cat")],
        ["/v1/vision/detect"] = [("target", "cat")],
        ["/v1/vision/keypoints"] = [("points", "nose")],
        ["/v1/vision/restore"] = [("kind", "denoise")],
        ["/v1/replay"] = [],
    };

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public static TheoryData<string> Paths => [.. Routes.Keys];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Post_EveryStatusOfTheDocumentation_CanCome(string path)
    {
        await using var app = new ApiApplication
        {
            Pipeline = new FakeEditPipeline { Description = Painter.Model },
            Settings =
            {
                ["Limits:MaxPixels"] = "1000000",
                ["Queue:Capacity"] = "1",
                ["Queue:MaxRunningEdits"] = "1",
            },
        };
        using HttpClient client = await app.StartAsync();
        (byte[] picture, byte[] source) = await MakeAsync(client);
        List<int> seen = [];

        await ExpectAsync(Good(), 200, null);
        await ExpectAsync(Text("{", "application/json"), 400, "malformed_body");
        await ExpectAsync(Good().Accepting("audio/ogg"), 406, "not_acceptable");
        await ExpectAsync(With(PngBytes.Claim(5000, 5000)), 413, "image_too_large");
        await ExpectAsync(Text("hello", "text/plain"), 415, "unsupported_body");
        await ExpectAsync(With("GIF89a, or so it says"u8.ToArray()), 415, "unsupported_image");
        await ExpectAsync(Good(("nonsense", "1")), 422, "invalid_parameter");
        await ExpectAsync(With([.. Png[..40], .. new byte[100]]), 422, "invalid_image");
        app.Pipeline.OnStep = _ => throw new ArithmeticException("inside");
        await ExpectAsync(Good(), 500, "internal_error");
        app.Pipeline.OnStep = null;
        await ExpectFullAsync();
        await ExpectKeyedAsync();
        // Longer than the deadline, whatever the engine has learned of its speed.
        app.Pipeline.OnStep = _ => Thread.Sleep(20);
        await ExpectAsync(Good(("deadline_ms", "1")), 504, null);
        seen.Add(await UploadTooSlowAsync(path));
        seen.Add(await TooLargeAsync(path));
        seen.Add(await NotReadyAsync(path));
        seen.AddRange(await StrangersAsync(path));

        Assert.Equal([200, .. VisionDocumentation.Problems], seen.Distinct().Order());
        Assert.Empty(app.Pipeline.Breaches);

        HttpRequestMessage Good(params (string Name, string Value)[] more) => Request(picture, source, more);

        HttpRequestMessage With(byte[] image) => Request(image, source, []);

        HttpRequestMessage Request(byte[] image, byte[] itsSource, (string Name, string Value)[] more)
        {
            HttpRequestMessage request = EditRequests.Form(image, [.. Routes[path], .. more]);
            request.RequestUri = new Uri(path, UriKind.Relative);
            if (path.EndsWith("replay", StringComparison.Ordinal))
            {
                ((MultipartFormDataContent)request.Content!).Add(new ByteArrayContent(itsSource), "source", "s.png");
            }
            return request;
        }

        HttpRequestMessage Text(string body, string type) =>
            new(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, type) };

        async Task ExpectAsync(HttpRequestMessage request, int status, string? code)
        {
            using (request)
            {
                using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
                if (code is null)
                {
                    Assert.Equal(status, (int)response.StatusCode);
                }
                else
                {
                    await response.ProblemAsync(status, code);
                }
                seen.Add(status);
            }
        }

        async Task ExpectFullAsync()
        {
            app.Pipeline.Permits = new SemaphoreSlim(0);
            int before = app.Pipeline.Prepared;
            Task<HttpResponseMessage> running = client.SendAsync(Good(), TestEnd);
            await ApiApplication.Until(() => app.Pipeline.Prepared > before);
            Task<HttpResponseMessage> waiting = client.SendAsync(Good(), TestEnd);
            await ApiApplication.Until(() => app.Queue.Count == 1);
            await ExpectAsync(Good(), 429, "queue_full");
            app.Pipeline.Permits.Release(1000);
            foreach (HttpResponseMessage response in await Task.WhenAll(running, waiting))
            {
                Assert.Equal(200, (int)response.StatusCode);
                response.Dispose();
            }
        }

        async Task ExpectKeyedAsync()
        {
            app.Pipeline.Permits = new SemaphoreSlim(0);
            int before = app.Pipeline.Prepared;
            using HttpRequestMessage first = Good().With("Idempotency-Key", "cancelled");
            Task<HttpResponseMessage> running = client.SendAsync(first, TestEnd);
            await ApiApplication.Until(() => app.Pipeline.Prepared > before);
            await ExpectAsync(Good().With("Idempotency-Key", "cancelled"), 409, "request_in_progress");
            await DeleteLastJobAsync(client);
            app.Pipeline.Permits.Release(1000);
            using HttpResponseMessage cancelled = await running;
            await cancelled.ProblemAsync(424, "job_failed");
            seen.Add(424);
            await ExpectAsync(Good().With("Idempotency-Key", "deleted"), 200, null);
            await DeleteLastJobAsync(client);
            await ExpectAsync(Good().With("Idempotency-Key", "deleted"), 410, "result_expired");
        }
    }

    private static async Task DeleteLastJobAsync(HttpClient client)
    {
        using HttpResponseMessage list = await client.GetAsync("/v1/jobs", TestEnd);
        string id = (await list.JsonAsync()).GetProperty("data")[0].GetProperty("id").GetString()!;
        using HttpResponseMessage deleted = await client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        Assert.True(deleted.IsSuccessStatusCode);
    }

    private static async Task<(byte[] Picture, byte[] Source)> MakeAsync(HttpClient client)
    {
        using HttpRequestMessage request = EditRequests.Form(Png, ("instruction", "a"));
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        return (await response.Content.ReadAsByteArrayAsync(TestEnd), Png);
    }

    private static async Task<int> TooLargeAsync(string path)
    {
        await using var app = new ApiApplication { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
        using HttpClient client = await app.StartAsync();
        (byte[] picture, byte[] source) = await MakeAsync(client);
        // Less memory than there was when the picture was made.
        app.Pipeline.OnPrepare = _ => throw new InvalidOperationException("out of memory");
        using HttpRequestMessage request = EditRequests.Form(picture, Routes[path]);
        request.RequestUri = new Uri(path, UriKind.Relative);
        if (path.EndsWith("replay", StringComparison.Ordinal))
        {
            ((MultipartFormDataContent)request.Content!).Add(new ByteArrayContent(source), "source", "s.png");
        }
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        await response.ProblemAsync(507, "too_large_for_memory");
        return 507;
    }

    private static async Task<int> UploadTooSlowAsync(string path)
    {
        // Of its own, as an honest upload to a busy machine may take longer than this.
        await using var app = new ApiApplication
        {
            Pipeline = new FakeEditPipeline { Description = Painter.Model },
            Settings = { ["Limits:UploadSeconds"] = "1" },
        };
        using HttpClient client = await app.StartAsync();
        string answer = await RawHttp.SendAsync(
            app.Address,
            $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        );
        Assert.Contains("\"code\":\"upload_too_slow\"", answer, StringComparison.Ordinal);
        return int.Parse(answer.Split(' ')[1]);
    }

    private static async Task<IReadOnlyList<int>> StrangersAsync(string path)
    {
        await using var app = new ApiApplication();
        app.Settings.AddKey(Keys.Alice, "alice", "jobs");
        using HttpClient client = await app.StartAsync();
        using var unknown = new HttpRequestMessage(HttpMethod.Post, path);
        using HttpRequestMessage unfit = new HttpRequestMessage(HttpMethod.Post, path).From(Keys.Alice);
        using HttpResponseMessage first = await client.SendAsync(unknown, TestEnd);
        using HttpResponseMessage second = await client.SendAsync(unfit, TestEnd);
        Assert.Equal(401, (int)first.StatusCode);
        await second.ProblemAsync(403, "missing_scope");
        return [401, 403];
    }

    private static async Task<int> NotReadyAsync(string path)
    {
        await using var app = new ApiApplication { Load = _ => throw new FileNotFoundException("no such model") };
        using HttpClient client = await app.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        await response.ProblemAsync(503, "not_ready");
        return 503;
    }
}
