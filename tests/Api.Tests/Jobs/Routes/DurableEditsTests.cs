using System.Net;
using System.Text.Json;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

/// <summary>POST /v1/edits with Idempotency-Key and with Prefer, and POST /v1/jobs with the former.</summary>
public sealed class DurableEditsTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly ApiApplication _app;
    private HttpClient _client = null!;

    public DurableEditsTests() => _app = new ApiApplication { DataFolder = _folder.Path };

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _app.Pipeline.Permits?.Release(10_000);
        _client.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Edit_WithoutSuchHeaders_TouchesNoDatabase()
    {
        using HttpResponseMessage response = await SendAsync(EditRequests.Good());

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("image/webp")]
    [InlineData("application/json")]
    [InlineData("multipart/mixed")]
    [InlineData(null)]
    public async Task Edit_WithAKey_IsAnsweredAsAnyOtherAndAgainTheSame(string? accept)
    {
        using HttpResponseMessage plain = await SendAsync(Good(accept, ("seed", "5")));
        // No seed: the one drawn for the first answer is part of it.
        using HttpResponseMessage first = await SendAsync(Good(accept).With("Idempotency-Key", "k1"));
        int made = _app.Pipeline.Prepared;
        using HttpResponseMessage again = await SendAsync(Good(accept).With("Idempotency-Key", "k1"));
        int madeAgain = _app.Pipeline.Prepared - made;
        using HttpResponseMessage seeded = await SendAsync(Good(accept, ("seed", "5")).With("Idempotency-Key", "k2"));

        Assert.Equal((200, 200), ((int)first.StatusCode, (int)again.StatusCode));
        Assert.Equal("", first.Header("Idempotency-Replayed"));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(await PicturesOf(first), await PicturesOf(again));
        Assert.Equal(await PicturesOf(plain), await PicturesOf(seeded));
        Assert.Equal(plain.Content.Headers.ContentType?.MediaType, seeded.Content.Headers.ContentType?.MediaType);
        string[] timed = ["Date", "Server-Timing", "X-Cache"];
        Assert.Equal(
            plain.Headers.Select(header => header.Key).Except(timed).Order(StringComparer.Ordinal),
            seeded.Headers.Select(header => header.Key).Except(timed).Order(StringComparer.Ordinal)
        );
        Assert.Equal(0, madeAgain);
    }

    [Fact]
    public async Task Edit_SeveralPicturesWithAKey_ComeAgainInTheirOrder()
    {
        HttpRequestMessage request() =>
            Good("application/json", ("n", "3"), ("seed", "5"), ("output_format", "webp")).With("Idempotency-Key", "k");

        using HttpResponseMessage first = await SendAsync(request());
        using HttpResponseMessage again = await SendAsync(request());

        JsonElement[] images = [.. (await again.JsonAsync()).GetProperty("images").EnumerateArray()];
        Assert.Equal([5, 6, 7], images.Select(image => image.GetProperty("seed").GetInt32()));
        Assert.Equal(await first.Content.ReadAsStringAsync(TestEnd), await again.Content.ReadAsStringAsync(TestEnd));
    }

    [Fact]
    public async Task Edit_SameKeyOtherBody_Is422()
    {
        using HttpResponseMessage first = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));
        using HttpResponseMessage other = await SendAsync(
            EditRequests.Good(("steps", "2")).With("Idempotency-Key", "k")
        );
        using HttpResponseMessage elsewhere = await SendAsync(JobRequests.Good().With("Idempotency-Key", "k"));

        Assert.Equal(200, (int)first.StatusCode);
        await other.ProblemAsync(422, "idempotency_key_reused");
        await elsewhere.ProblemAsync(422, "idempotency_key_reused");
    }

    [Fact]
    public async Task Edit_SameKeyWhileItRuns_Is409AndTheAnswerComesLater()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        Task<HttpResponseMessage> first = SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));
        await ApiApplication.Until(() => _app.Pipeline.Prepared == 2);

        using HttpResponseMessage meanwhile = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));
        _app.Pipeline.Permits.Release(100);
        using HttpResponseMessage answer = await first;
        using HttpResponseMessage later = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));

        await meanwhile.ProblemAsync(409, "request_in_progress");
        Assert.InRange(meanwhile.Headers.RetryAfter.Seconds(), 1, 5);
        Assert.Equal((200, 200), ((int)answer.StatusCode, (int)later.StatusCode));
        Assert.Equal(await PicturesOf(answer), await PicturesOf(later));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("with a blank")]
    [InlineData("ümlaut")]
    [InlineData("10 kB")]
    public async Task Any_KeyThatIsNone_Is400(string key)
    {
        string sent = key == "10 kB" ? new string('k', 10_000) : key;
        using HttpRequestMessage edit = EditRequests.Good().With("Idempotency-Key", sent);
        using HttpRequestMessage job = JobRequests.Good().With("Idempotency-Key", sent);
        using HttpClient client = Utf8Client();

        using HttpResponseMessage edited = await client.SendAsync(edit, TestEnd);
        using HttpResponseMessage made = await client.SendAsync(job, TestEnd);

        await edited.ProblemAsync(400, "bad_request");
        await made.ProblemAsync(400, "bad_request");
    }

    [Fact]
    public async Task Edit_WithAKeyThatFails_FailsTheSameWayAgain()
    {
        _app.Pipeline.OnFinish = _ => throw new Engine.Editing.NonFiniteImageException("It gave NaN.");
        using HttpResponseMessage first = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));
        _app.Pipeline.OnFinish = null;

        using HttpResponseMessage again = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));

        await first.ProblemAsync(500, "non_finite_image");
        await again.ProblemAsync(500, "non_finite_image");
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
    }

    [Fact]
    public async Task Edit_WithAKeyAndAnInvalidBody_KeepsTheKeyFree()
    {
        using HttpResponseMessage wrong = await SendAsync(
            EditRequests.Good(("steps", "0")).With("Idempotency-Key", "k")
        );
        using HttpResponseMessage right = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));

        await wrong.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(200, (int)right.StatusCode);
    }

    [Fact]
    public async Task Edit_WithAKeyWhoseClientGoesAway_IsDoneAndAnsweredTheNextTime()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        using HttpRequestMessage request = EditRequests.Good().With("Idempotency-Key", "k");
        Task<HttpResponseMessage> first = _client.SendAsync(request, leave.Token);
        await ApiApplication.Until(() => _app.Pipeline.Prepared == 2);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await ApiApplication.Until(() => _app.Aborts.Count == 1);
        _app.Pipeline.Permits.Release(100);
        await ApiApplication.Until(() => _app.Pipeline.Disposed == 2);
        using HttpResponseMessage again = await UntilAnsweredAsync(() =>
            EditRequests.Good().With("Idempotency-Key", "k")
        );

        Assert.Equal(200, (int)again.StatusCode);
        Assert.Equal(2, _app.Pipeline.Prepared);
    }

    [Fact]
    public async Task Edit_PreferWaitWithoutAKeyWhoseClientGoesAway_LeavesAtTheNextStep()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        using HttpRequestMessage request = EditRequests.Good(("steps", "100")).With("Prefer", "wait=60");
        Task<HttpResponseMessage> first = _client.SendAsync(request, leave.Token);
        await ApiApplication.Until(() => _app.Pipeline.Prepared == 2);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        JsonElement job;
        do
        {
            using HttpResponseMessage list = await _client.GetAsync("/v1/jobs", TestEnd);
            job = (await list.JsonAsync()).GetProperty("data")[0];
            await Task.Delay(20, TestEnd);
        } while (!job.TryGetProperty("cancelling", out _));
        _app.Pipeline.Permits.Release(3);
        await _client.UntilAsync(job.GetProperty("id").GetString()!, "cancelled");
        await ApiApplication.Until(() => _app.Pipeline.Disposed == 2);

        Assert.InRange(_app.Pipeline.Steps.Count(names => names.Contains("make it winter")), 0, 3);
    }

    [Theory]
    [InlineData("respond-async", "respond-async")]
    [InlineData("wait=1", "wait=1")]
    [InlineData("respond-async, wait=1", "wait=1")]
    [InlineData("foo; bar, Wait=\"0\"; baz", "wait=0")]
    public async Task Edit_PreferAndNotDoneInTime_BecomesAJobThatGivesTheSameBytes(string prefer, string applied)
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpResponseMessage response = await SendAsync(
            EditRequests.Good(("seed", "5")).Accepting("image/webp").With("Prefer", prefer)
        );
        string id = (await response.JsonAsync()).GetProperty("id").GetString()!;
        _app.Pipeline.Permits.Release(1_000);
        await _client.EndAsync(id);
        byte[] result = await _client.ResultAsync(id);
        using HttpResponseMessage plain = await SendAsync(EditRequests.Good(("seed", "5")).Accepting("image/webp"));

        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal(applied, response.Header("Preference-Applied"));
        Assert.Equal($"/v1/jobs/{id}", response.Headers.Location?.OriginalString);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal(await PicturesOf(plain), result);
    }

    [Fact]
    public async Task Edit_PreferWaitAndDoneInTime_Is200AndNothingIsKept()
    {
        using HttpResponseMessage response = await SendAsync(EditRequests.Good().With("Prefer", "wait=60"));
        using HttpResponseMessage list = await _client.GetAsync("/v1/jobs", TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("wait=60", response.Header("Preference-Applied"));
        Assert.Empty((await list.JsonAsync()).GetProperty("data").EnumerateArray());
    }

    [Theory]
    [InlineData("wait=soon")]
    [InlineData("wait")]
    [InlineData(";;;,,=")]
    [InlineData("handling=strict")]
    public async Task Edit_PreferThatIsNotUnderstood_IsIgnored(string prefer)
    {
        using HttpResponseMessage response = await SendAsync(EditRequests.Good().With("Prefer", prefer));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("", response.Header("Preference-Applied"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Edit_PreferAndAKeyRepeated_GivesTheSameJob()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        HttpRequestMessage request() =>
            EditRequests.Good().With("Prefer", "respond-async").With("Idempotency-Key", "k");

        using HttpResponseMessage first = await SendAsync(request());
        using HttpResponseMessage again = await SendAsync(request());
        _app.Pipeline.Permits.Release(1_000);
        await _client.EndAsync((await first.JsonAsync()).GetProperty("id").GetString()!);
        using HttpResponseMessage done = await SendAsync(request());

        Assert.Equal((202, 202, 200), ((int)first.StatusCode, (int)again.StatusCode, (int)done.StatusCode));
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal("image/png", done.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Edit_EventsAskedFor_ArePreferredToAJobAndCannotHaveAKey()
    {
        using HttpResponseMessage stream = await SendAsync(
            EditRequests.Good().Accepting("text/event-stream").With("Prefer", "wait=60")
        );
        using HttpResponseMessage refused = await SendAsync(
            EditRequests.Good().Accepting("text/event-stream").With("Idempotency-Key", "k")
        );

        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType?.MediaType);
        Assert.Contains("event: completed", await stream.Content.ReadAsStringAsync(TestEnd), StringComparison.Ordinal);
        await refused.ProblemAsync(406, "not_acceptable");
    }

    [Fact]
    public async Task Edit_ResultThatIsWantedInAnotherFormatOrIsGone_SaysSo()
    {
        using HttpResponseMessage first = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));
        using HttpResponseMessage other = await SendAsync(
            EditRequests.Good().Accepting("image/webp").With("Idempotency-Key", "k")
        );
        using HttpResponseMessage list = await _client.GetAsync("/v1/jobs", TestEnd);
        string id = (await list.JsonAsync()).GetProperty("data")[0].GetProperty("id").GetString()!;
        using HttpResponseMessage deleted = await _client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        using HttpResponseMessage gone = await SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));

        Assert.Equal(200, (int)first.StatusCode);
        await other.ProblemAsync(406, "not_acceptable");
        Assert.Equal(204, (int)deleted.StatusCode);
        await gone.ProblemAsync(410, "result_expired");
    }

    [Fact]
    public async Task Job_SameKey_GivesTheSameJob()
    {
        using HttpResponseMessage first = await SendAsync(JobRequests.Good().With("Idempotency-Key", "k"));
        using HttpResponseMessage again = await SendAsync(JobRequests.Good().With("Idempotency-Key", "k"));
        using HttpResponseMessage other = await SendAsync(
            JobRequests.Good(("priority", "standard")).With("Idempotency-Key", "k")
        );

        Assert.Equal((202, 202), ((int)first.StatusCode, (int)again.StatusCode));
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal("", first.Header("Idempotency-Replayed"));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        await other.ProblemAsync(422, "idempotency_key_reused");
    }

    [Fact]
    public async Task Edit_QueueFull_Is429WhileAKnownKeyIsAnswered()
    {
        await using var small = new ApiApplication
        {
            Settings = { ["Queue:Capacity"] = "1", ["Queue:MaxRunningEdits"] = "1" },
        };
        using HttpClient client = await small.StartAsync();
        using HttpRequestMessage known = EditRequests.Good(("seed", "1")).With("Idempotency-Key", "known");
        using HttpResponseMessage answered = await client.SendAsync(known, TestEnd);
        small.Pipeline.Permits = new SemaphoreSlim(0);
        List<Task<HttpResponseMessage>> full = [client.SendAsync(EditRequests.Good(), TestEnd)];
        await ApiApplication.Until(() => small.Pipeline.Prepared == 3);
        full.Add(client.SendAsync(EditRequests.Good(), TestEnd));
        await ApiApplication.Until(() => small.Queue.Count == 1);

        using HttpRequestMessage unknown = EditRequests.Good(("seed", "2")).With("Idempotency-Key", "new");
        using HttpResponseMessage refused = await client.SendAsync(unknown, TestEnd);
        using HttpRequestMessage repeated = EditRequests.Good(("seed", "1")).With("Idempotency-Key", "known");
        using HttpResponseMessage replayed = await client.SendAsync(repeated, TestEnd);
        small.Pipeline.Permits.Release(1_000);
        HttpResponseMessage[] others = await Task.WhenAll(full);

        await refused.ProblemAsync(429, "queue_full");
        Assert.Equal(200, (int)replayed.StatusCode);
        Assert.All(others, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
    }

    [Fact]
    public async Task Edit_WithAKeyWhenTheServerStops_IsAnsweredBeforeItDoes()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        Task<HttpResponseMessage> edit = SendAsync(EditRequests.Good().With("Idempotency-Key", "k"));
        await ApiApplication.Until(() => _app.Pipeline.Prepared == 2);

        _app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        _app.Pipeline.Permits.Release(1_000);
        using HttpResponseMessage response = await edit;

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Edit_JobsSwitchedOff_HasNoRoutesIgnoresPreferAndRefusesKeys()
    {
        await using var off = new ApiApplication { Settings = { ["Jobs:Enabled"] = "false" } };
        using HttpClient client = await off.StartAsync();
        using HttpRequestMessage job = JobRequests.Good();
        using HttpRequestMessage preferring = EditRequests.Good().With("Prefer", "respond-async");
        using HttpRequestMessage named = EditRequests.Good().With("Idempotency-Key", "k");

        using HttpResponseMessage noRoute = await client.SendAsync(job, TestEnd);
        using HttpResponseMessage plain = await client.SendAsync(preferring, TestEnd);
        using HttpResponseMessage refused = await client.SendAsync(named, TestEnd);

        await noRoute.ProblemAsync(404, "not_found");
        Assert.Equal(200, (int)plain.StatusCode);
        await refused.ProblemAsync(503, "jobs_unavailable");
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

    // Sends header values that no client library lets through.
    private HttpClient Utf8Client() =>
        new(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 })
        {
            BaseAddress = _app.Address,
            Timeout = ApiApplication.Patience,
        };

    private static HttpRequestMessage Good(string? accept, params (string, string)[] fields)
    {
        HttpRequestMessage request = EditRequests.Good(fields);
        return accept is null ? request : request.Accepting(accept);
    }

    /// <summary>The pictures' bytes, whatever they came in; times differ from answer to answer.</summary>
    private static async Task<byte[]> PicturesOf(HttpResponseMessage response)
    {
        string? type = response.Content.Headers.ContentType?.MediaType;
        byte[] body = await response.Content.ReadAsByteArrayAsync(TestEnd);
        if (type == "application/json")
        {
            return (await response.JsonAsync()).GetProperty("image").GetBytesFromBase64();
        }
        if (type != "multipart/mixed")
        {
            return body;
        }
        // Past the part's headers, up to the closing boundary.
        int start = body.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        int end = body.AsSpan().LastIndexOf("\r\n--"u8);
        return body[start..end];
    }
}
