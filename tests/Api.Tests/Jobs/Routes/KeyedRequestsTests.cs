using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Api.Tests.OpenAi;
using InstructDiffusion.Api.Tests.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

/// <summary>
/// An Idempotency-Key on every route that makes something, but for POST /v1/edits and POST /v1/jobs; see DurableEditsTests.
/// </summary>
public sealed class KeyedRequestsTests : IAsyncLifetime
{
    private static readonly string[] All =
    [
        "segment",
        "segment, the mask's file",
        "detect",
        "keypoints",
        "restore",
        "restore, as JSON",
        "replay",
        "openai",
        "openai, as JSON",
        "openai, several",
        "openai, several in a stream",
    ];

    private static readonly byte[] Png = Pictures.Png(TestImages.Plain(128, 128, 40, 60, 90));

    private readonly ApiApplication _app = new() { Pipeline = new FakeEditPipeline { Description = Painter.Model } };
    private HttpClient _client = null!;
    private byte[] _made = [];

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public static TheoryData<string> Routes => [.. All];

    public async ValueTask InitializeAsync()
    {
        _client = await _app.StartAsync();
        using HttpResponseMessage edit = await SendAsync(EditRequests.Form(Png, ("instruction", "make it winter")));
        _made = await edit.Content.ReadAsByteArrayAsync(TestEnd);
        _app.Pipeline.Paint = request =>
            request.Instruction.StartsWith("mark the pixels", StringComparison.Ordinal)
                ? Painter.Covering((x, y) => x is >= 16 and < 48 && y is >= 8 and < 24)(request)
                : FakeEditPipeline.Edited(request);
    }

    public async ValueTask DisposeAsync()
    {
        _app.Pipeline.Permits?.Release(10_000);
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Post_SameKey_GivesTheSameAnswerAsLongAsItIsThere(string route)
    {
        // No seed: the one drawn for the first answer is part of it.
        using HttpResponseMessage first = await SendAsync(Keyed(route, "k"));
        int made = _app.Pipeline.Prepared;
        using HttpResponseMessage again = await SendAsync(Keyed(route, "k"));
        using HttpResponseMessage other = await SendAsync(
            Request(route, ("priority", "interactive")).With("Idempotency-Key", "k")
        );
        using HttpResponseMessage elsewhere = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));
        int madeAgain = _app.Pipeline.Prepared - made;
        await DeleteLastJobAsync();
        using HttpResponseMessage gone = await SendAsync(Keyed(route, "k"));

        Assert.Equal((200, 200, 0), ((int)first.StatusCode, (int)again.StatusCode, madeAgain));
        Assert.Equal("", first.Header("Idempotency-Replayed"));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(HeadersOf(first), HeadersOf(again).Except(["Idempotency-Replayed: true"]));
        Assert.Equal(await BodyAsync(first, isTimeless: false), await BodyAsync(again, isTimeless: false));
        Assert.Equal((422, "idempotency_key_reused"), await ErrorAsync(other));
        Assert.Equal((422, "idempotency_key_reused"), await ErrorAsync(elsewhere));
        Assert.Equal((410, "result_expired"), await ErrorAsync(gone));
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Post_ClientGoesAway_IsMadeOnceAndAnsweredTheNextTimeAsAnyOther(string route)
    {
        // Where there is a seed it is given, so that both make the same.
        (string, string)[] seed = route == "replay" ? [] : [("seed", "5")];
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        int before = _app.Pipeline.Prepared;
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        using HttpRequestMessage request = Request(route, seed).With("Idempotency-Key", "k");
        Task<HttpResponseMessage> first = _client.SendAsync(request, leave.Token);
        await ApiApplication.Until(() => _app.Pipeline.Prepared > before);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await ApiApplication.Until(() => _app.Aborts.Count == 1);
        using HttpResponseMessage meanwhile = await SendAsync(Request(route, seed).With("Idempotency-Key", "k"));
        _app.Pipeline.Permits.Release(1_000);
        using HttpResponseMessage answer = await UntilAnsweredAsync(() =>
            Request(route, seed).With("Idempotency-Key", "k")
        );
        int made = _app.Pipeline.Prepared - before;
        using HttpResponseMessage plain = await SendAsync(Request(route, [.. seed, ("priority", "interactive")]));

        Assert.Equal((409, "request_in_progress"), await ErrorAsync(meanwhile));
        Assert.InRange(meanwhile.Headers.RetryAfter.Seconds(), 1, 5);
        Assert.Equal((200, 200), ((int)answer.StatusCode, (int)plain.StatusCode));
        Assert.Equal("true", answer.Header("Idempotency-Replayed"));
        Assert.Equal(await BodyAsync(plain, isTimeless: true), await BodyAsync(answer, isTimeless: true));
        Assert.Equal(plain.Content.Headers.ContentType, answer.Content.Headers.ContentType);
        Assert.Equal(
            HeadersOf(plain).Select(NameOf).Except(["X-Cache"]),
            HeadersOf(answer).Select(NameOf).Except(["Idempotency-Replayed"])
        );
        Assert.Equal(EditsOf(route), made);
        static string NameOf(string header) => header.Split(':')[0];
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("openai, several in a stream")]
    public async Task Post_CancelledWhileItRuns_Is424OrAnErrorInItsStream(string route)
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        int before = _app.Pipeline.Prepared;
        Task<HttpResponseMessage> first = SendAsync(Keyed(route, "k"));
        await ApiApplication.Until(() => _app.Pipeline.Prepared > before);

        await DeleteLastJobAsync();
        _app.Pipeline.Permits.Release(1_000);
        using HttpResponseMessage answer = await first;
        using HttpResponseMessage again = await SendAsync(Keyed(route, "k"));

        Assert.Equal((424, "job_failed"), await ErrorAsync(again));
        if (route == "openai")
        {
            Assert.Equal((424, "job_failed"), await ErrorAsync(answer));
        }
        else
        {
            (string name, JsonElement data) = Assert.Single(await answer.EventsAsync());
            Assert.Equal(("error", "job_failed"), (name, data.GetProperty("error").GetProperty("code").GetString()));
        }
    }

    [Fact]
    public async Task Post_KeyThatIsNoneOrCannotBeHonoured_IsRefused()
    {
        await using var off = new ApiApplication
        {
            Pipeline = new FakeEditPipeline { Description = Painter.Model },
            Settings = { ["Jobs:Enabled"] = "false" },
        };
        using HttpClient client = await off.StartAsync();
        foreach (string route in All)
        {
            using HttpResponseMessage bad = await SendAsync(Keyed(route, "with a blank"));
            using HttpRequestMessage request = Keyed(route, "k");
            using HttpResponseMessage refused = await client.SendAsync(request, TestEnd);

            Assert.Equal((400, "bad_request"), await ErrorAsync(bad));
            Assert.Equal((503, "jobs_unavailable"), await ErrorAsync(refused));
        }
    }

    [Fact]
    public async Task Post_MaskAsAFileAndAsJson_AreTwoAnswers()
    {
        using HttpResponseMessage json = await SendAsync(Keyed("segment", "k"));
        using HttpResponseMessage file = await SendAsync(Keyed("segment, the mask's file", "k"));

        Assert.Equal(200, (int)json.StatusCode);
        await file.ProblemAsync(422, "idempotency_key_reused");
    }

    [Fact]
    public async Task Post_StreamWithAKey_HasNoPartialPicturesAndSaysSo()
    {
        using HttpResponseMessage stream = await SendAsync(
            OpenAiRequests
                .Good(("stream", "true"), ("partial_images", "2"), ("user", "me"), ("response_format", "url"))
                .With("Idempotency-Key", "k")
        );

        Assert.Equal("user, partial_images", stream.Header("x-ignored-params"));
        (string name, JsonElement data) = Assert.Single(await stream.EventsAsync());
        Assert.Equal("image_edit.completed", name);
        Assert.NotEmpty(data.GetProperty("b64_json").GetBytesFromBase64());
    }

    [Theory]
    [InlineData("image_edit")]
    [InlineData("replay")]
    public async Task Job_OfATypeThatIsNotOffered_IsRefused(string type)
    {
        using HttpResponseMessage response = await SendAsync(JobRequests.Good(("type", type)));

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Contains(
            "type: must be one of edit, ",
            problem.GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Post_WithAKey_IsAJobThatItsOwnerSees()
    {
        using HttpResponseMessage answer = await SendAsync(Keyed("openai, several", "k"));

        using HttpResponseMessage list = await _client.GetAsync("/v1/jobs", TestEnd);
        JsonElement job = Assert.Single((await list.JsonAsync()).GetProperty("data").EnumerateArray());
        Assert.Equal("image_edit", job.GetProperty("type").GetString());
        Assert.Equal(3, job.GetProperty("result").GetProperty("files").GetArrayLength());
        string url = (await answer.JsonAsync()).GetProperty("data")[1].GetProperty("url").GetString()!;
        byte[] second = await _client.GetByteArrayAsync(
            $"/v1/jobs/{job.GetProperty("id").GetString()}/results/1",
            TestEnd
        );
        Assert.Equal($"data:image/webp;base64,{Convert.ToBase64String(second)}", url);
    }

    private static int EditsOf(string route) =>
        route switch
        {
            "keypoints" or "restore, as JSON" or "openai, several in a stream" => 2,
            "openai, several" => 3,
            _ => 1,
        };

    private HttpRequestMessage Keyed(string route, string key) => Request(route).With("Idempotency-Key", key);

    private HttpRequestMessage Request(string route, params (string Name, string Value)[] more)
    {
        return route switch
        {
            "segment" => Vision(
                "segment",
                ("target", "cat"),
                ("formats", "mask"),
                ("formats", "rle"),
                ("raw_image", "true")
            ),
            "segment, the mask's file" => Vision("segment", ("target", "cat")).Accepting("image/png"),
            "detect" => Vision("detect", ("target", "cat"), ("raw_image", "true")),
            "keypoints" => Vision("keypoints", ("points", "nose"), ("points", "ear"), ("raw_image", "true")),
            "restore" => Vision("restore", ("kind", "denoise")).Accepting("image/webp"),
            "restore, as JSON" => Vision("restore", ("kind", "denoise"), ("n", "2")).Accepting("application/json"),
            "replay" => Replay(),
            "openai" => OpenAiRequests.Good(more),
            "openai, as JSON" => OpenAiRequests.Json(
                new Dictionary<string, object>(
                    more.Select(field =>
                        KeyValuePair.Create(
                            field.Name,
                            field.Name == "seed" ? long.Parse(field.Value) : (object)field.Value
                        )
                    )
                )
                {
                    ["prompt"] = "make it winter",
                    ["images"] = new[] { OpenAiRequests.Reference(Png) },
                }
            ),
            "openai, several" => OpenAiRequests.Good([
                ("n", "3"),
                ("output_format", "webp"),
                ("response_format", "url"),
                .. more,
            ]),
            _ => OpenAiRequests.Good([("n", "2"), ("stream", "true"), .. more]),
        };

        HttpRequestMessage Vision(string task, params (string, string)[] fields) =>
            VisionRequests.Form(task, Png, [.. fields, .. more]);

        HttpRequestMessage Replay()
        {
            HttpRequestMessage request = EditRequests.Form(_made, more);
            request.RequestUri = new Uri("/v1/replay", UriKind.Relative);
            ((MultipartFormDataContent)request.Content!).Add(new ByteArrayContent(Png), "source", "s.png");
            return request;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        using HttpRequestMessage sent = request;
        return await _client.SendAsync(sent, TestEnd);
    }

    private async Task<HttpResponseMessage> UntilAnsweredAsync(Func<HttpRequestMessage> request)
    {
        HttpResponseMessage response;
        while ((response = await SendAsync(request())).StatusCode == HttpStatusCode.Conflict)
        {
            response.Dispose();
            await Task.Delay(20, TestEnd);
        }
        return response;
    }

    private async Task DeleteLastJobAsync()
    {
        using HttpResponseMessage list = await _client.GetAsync("/v1/jobs", TestEnd);
        string id = (await list.JsonAsync()).GetProperty("data")[0].GetProperty("id").GetString()!;
        using HttpResponseMessage deleted = await _client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        Assert.True(deleted.IsSuccessStatusCode);
    }

    /// <summary>Headers that do not tell of this very request.</summary>
    private static IEnumerable<string> HeadersOf(HttpResponseMessage response)
    {
        string[] own = ["Date", "x-request-id", "openai-processing-ms", "Transfer-Encoding", "Content-Length"];
        return response
            .Headers.Concat(response.Content.Headers)
            .Where(header => !own.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
            .Where(header => !header.Key.StartsWith("RateLimit", StringComparison.OrdinalIgnoreCase))
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}")
            .Order(StringComparer.Ordinal);
    }

    /// <summary>An answer's status and the code of its problem, in either form.</summary>
    private static async Task<(int, string?)> ErrorAsync(HttpResponseMessage response)
    {
        JsonElement body = await response.JsonAsync();
        JsonElement error = body.TryGetProperty("error", out JsonElement theirs) ? theirs : body;
        return ((int)response.StatusCode, error.GetProperty("code").GetString());
    }

    /// <summary>
    /// An answer's body, to the byte, or without what tells of times, which are those of when it was made. A stream is told anew,
    /// and so always without.
    /// </summary>
    private static async Task<string> BodyAsync(HttpResponseMessage response, bool isTimeless)
    {
        string? type = response.Content.Headers.ContentType?.MediaType;
        if (type == "text/event-stream")
        {
            IReadOnlyList<(string Name, JsonElement Data)> events = await response.EventsAsync();
            return string.Join("\n", events.Select(one => $"{one.Name} {Timeless(one.Data)}"));
        }
        return type == "application/json" && isTimeless
            ? Timeless(await response.JsonAsync()).ToJsonString()
            : Convert.ToBase64String(await response.Content.ReadAsByteArrayAsync(TestEnd));
    }

    private static JsonNode Timeless(JsonElement json) => Timeless(JsonNode.Parse(json.GetRawText())!);

    private static JsonNode Timeless(JsonNode node)
    {
        if (node is JsonObject members)
        {
            foreach (string name in (string[])["timings", "created", "created_at"])
            {
                members.Remove(name);
            }
            foreach ((_, JsonNode? member) in members)
            {
                _ = member is null ? null : Timeless(member);
            }
        }
        else if (node is JsonArray items)
        {
            foreach (JsonNode? item in items)
            {
                _ = item is null ? null : Timeless(item);
            }
        }
        return node;
    }
}
