using System.Net;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

public sealed class JobRoutesTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new() { Settings = { ["Queue:MaxRunningEdits"] = "1" } };
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _app.Pipeline.Permits?.Release(10_000);
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Post_GoodJob_Is202WithWhereItIs()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        await _client.UntilAsync(await _client.CreateAsync(), "running");
        using HttpRequestMessage request = JobRequests.Good(("seed", "7"));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        JsonElement job = await response.JsonAsync();
        string id = job.GetProperty("id").GetString()!;

        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal($"/v1/jobs/{id}", response.Headers.Location?.OriginalString);
        Assert.InRange(response.Headers.RetryAfter.Seconds(), 1, 60);
        Assert.Matches("^[A-Za-z0-9_-]{22}$", id);
        Assert.Equal("edit", job.GetProperty("type").GetString());
        Assert.Equal("queued", job.GetProperty("status").GetString());
        Assert.Equal("batch", job.GetProperty("priority").GetString());
        Assert.Equal(1, job.GetProperty("position").GetInt32());
        Assert.Equal($"/v1/jobs/{id}", job.GetProperty("links").GetProperty("self").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_FormOrJson_GivesTheSameBytesAsTheSynchronousRoute(bool isJson)
    {
        byte[] png = Pictures.Png(Pictures.Gradient());
        using HttpRequestMessage sync = EditRequests.Form(png, ("instruction", "make it winter"), ("seed", "9"));
        using HttpResponseMessage expected = await _client.SendAsync(sync, TestEnd);
        using HttpRequestMessage request = JobRequests.Good(("seed", "9"));
        if (isJson)
        {
            request.Content = new StringContent(
                JsonSerializer.Serialize(
                    new
                    {
                        type = "edit",
                        instruction = "make it winter",
                        seed = 9,
                        image = png,
                    }
                ),
                Encoding.UTF8,
                "application/json"
            );
        }

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        string id = (await response.JsonAsync()).GetProperty("id").GetString()!;
        JsonElement job = await _client.EndAsync(id);

        Assert.Equal("succeeded", job.GetProperty("status").GetString());
        Assert.Equal(await expected.Content.ReadAsByteArrayAsync(TestEnd), await _client.ResultAsync(id));
        JsonElement result = job.GetProperty("result");
        Assert.Equal(9, result.GetProperty("answer").GetProperty("seed").GetInt32());
        Assert.False(result.GetProperty("answer").TryGetProperty("image", out _));
        JsonElement file = Assert.Single(result.GetProperty("files").EnumerateArray());
        Assert.Equal("image/png", file.GetProperty("media_type").GetString());
        Assert.Equal($"/v1/jobs/{id}/results/0", file.GetProperty("href").GetString());
        Assert.Equal(1, job.GetProperty("runs").GetInt32());
        Assert.True(job.TryGetProperty("expires_at", out _));
    }

    [Fact]
    public async Task Post_SeveralPictures_GivesAFileForEach()
    {
        string id = await _client.CreateAsync(("n", "3"), ("seed", "4"), ("output_format", "webp"));
        JsonElement job = await _client.EndAsync(id);

        JsonElement[] files = [.. job.GetProperty("result").GetProperty("files").EnumerateArray()];
        Assert.Equal(3, files.Length);
        for (int i = 0; i < 3; i++)
        {
            byte[] file = await _client.GetByteArrayAsync(files[i].GetProperty("href").GetString(), TestEnd);
            Assert.Equal(ImageFileFormat.Webp, ImageCodec.ReadHeader(file).Format);
        }
        Assert.Equal(
            [4, 5, 6],
            job.GetProperty("result")
                .GetProperty("answer")
                .GetProperty("images")
                .EnumerateArray()
                .Select(image => image.GetProperty("seed").GetInt32())
        );
        using HttpResponseMessage beyond = await _client.GetAsync($"/v1/jobs/{id}/results/3", TestEnd);
        await beyond.ProblemAsync(404, "not_found");
    }

    [Theory]
    [InlineData("type", "", "type")]
    [InlineData("type", "fly", "type")]
    [InlineData("priority", "now", "priority")]
    [InlineData("deadline_ms", "5", "deadline_ms")]
    [InlineData("deadline_ms", "soon", "deadline_ms")]
    [InlineData("webhook", "https://example.org/", "webhook")]
    [InlineData("steps", "0", "steps")]
    [InlineData("colour", "blue", "colour")]
    public async Task Post_WrongField_Is422AndNamesIt(string name, string value, string param)
    {
        (string, string)[] fields = [("instruction", "x"), (name, value)];
        using HttpRequestMessage request = JobRequests.Form(
            Pictures.Png(Pictures.Gradient()),
            name == "type" ? fields : [("type", "edit"), .. fields]
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(param, problem.GetProperty("param").GetString());
        Assert.Empty(
            Directory.EnumerateFileSystemEntries(Path.GetTempPath(), Path.GetFileName(_app.Settings["Jobs:Path"]))
        );
    }

    [Fact]
    public async Task Post_NoTypeAndNoPicture_NamesBoth()
    {
        using HttpRequestMessage noType = JobRequests.Form(null, ("instruction", "x"));
        using HttpRequestMessage noPicture = JobRequests.Form(null, ("type", "edit"), ("priority", "now"));

        using HttpResponseMessage first = await _client.SendAsync(noType, TestEnd);
        using HttpResponseMessage second = await _client.SendAsync(noPicture, TestEnd);

        Assert.Equal("type", (await first.ProblemAsync(422, "invalid_parameter")).GetProperty("param").GetString());
        JsonElement problem = await second.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(
            ["image", "instruction", "priority"],
            problem.GetProperty("errors").EnumerateObject().Select(e => e.Name).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("text/plain", 415, "unsupported_body")]
    [InlineData("multipart/form-data", 400, "malformed_body")]
    public async Task Post_WrongBody_IsRefusedAsOnEdits(string type, int status, string code)
    {
        using HttpRequestMessage request = JobRequests.Good().WithType(type);

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await response.ProblemAsync(status, code);
    }

    [Fact]
    public async Task Get_WhileItRuns_TellsTheStepAndAnETagThatFollowsIt()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await _client.CreateAsync(("steps", "4"));
        _app.Pipeline.Permits.Release(2);
        await ApiApplication.Until(() => _app.Pipeline.Steps.Count >= 3); // with the warm-up's
        await _client.UntilAsync(id, "running");
        JsonElement job = default;
        while (job.ValueKind == JsonValueKind.Undefined || job.GetProperty("step").GetInt32() < 2)
        {
            job = await _client.JobAsync(id);
        }

        using HttpResponseMessage first = await _client.GetAsync($"/v1/jobs/{id}", TestEnd);
        string tag = first.Headers.ETag!.ToString();
        using HttpRequestMessage unchanged = Get(id).With("If-None-Match", tag);
        using HttpResponseMessage same = await _client.SendAsync(unchanged, TestEnd);
        _app.Pipeline.Permits.Release(100);
        await _client.EndAsync(id);
        using HttpRequestMessage changed = Get(id).With("If-None-Match", tag);
        using HttpResponseMessage other = await _client.SendAsync(changed, TestEnd);

        Assert.Equal(4, job.GetProperty("steps").GetInt32());
        Assert.NotNull(first.Headers.RetryAfter);
        Assert.Equal(304, (int)same.StatusCode);
        Assert.Empty(await same.Content.ReadAsByteArrayAsync(TestEnd));
        Assert.Equal(200, (int)other.StatusCode);
        Assert.Null(other.Headers.RetryAfter);
    }

    [Fact]
    public async Task Get_PreferWait_AnswersWhenItHasEnded()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await _client.CreateAsync();
        using HttpRequestMessage request = Get(id).With("Prefer", "wait=60");

        Task<HttpResponseMessage> waiting = _client.SendAsync(request, TestEnd);
        await _client.UntilAsync(id, "running");
        Assert.False(waiting.IsCompleted);
        _app.Pipeline.Permits.Release(100);
        using HttpResponseMessage response = await waiting;

        Assert.Equal("succeeded", (await response.JsonAsync()).GetProperty("status").GetString());
        Assert.Equal("wait=60", response.Header("Preference-Applied"));
    }

    [Fact]
    public async Task Get_PreferWaitIsOver_AnswersAsItIs()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await _client.CreateAsync();
        using HttpRequestMessage request = Get(id).With("Prefer", "wait=0");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Contains((await response.JsonAsync()).GetProperty("status").GetString(), new[] { "queued", "running" });
    }

    [Fact]
    public async Task Get_PreferWaitWithAKnownState_AnswersAtTheNext()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        await _client.UntilAsync(await _client.CreateAsync(), "running");
        string id = await _client.CreateAsync();
        using HttpResponseMessage first = await _client.GetAsync($"/v1/jobs/{id}", TestEnd);

        Task<string?> waiting = StatusAfterQueuedAsync(id, first.Headers.ETag!.ToString());
        using HttpResponseMessage deleted = await _client.DeleteAsync($"/v1/jobs/{id}", TestEnd);

        Assert.Equal("cancelled", await waiting);
    }

    // While it waits, another prediction of when it will be done is news too.
    private async Task<string?> StatusAfterQueuedAsync(string id, string tag)
    {
        while (true)
        {
            using HttpRequestMessage request = Get(id).With("Prefer", "wait=60").With("If-None-Match", tag);
            using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
            string? status = (await response.JsonAsync()).GetProperty("status").GetString();
            if (status is not "queued")
            {
                return status;
            }
            tag = response.Headers.ETag!.ToString();
        }
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("' OR 1=1 --")]
    public async Task Any_UnknownOrGarbageId_Is404(string id)
    {
        string path = $"/v1/jobs/{id}";
        foreach (string address in new[] { path, $"{path}/result", $"{path}/results/0", $"{path}/events" })
        {
            using HttpResponseMessage response = await _client.GetAsync(address, TestEnd);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
        using HttpResponseMessage deleted = await _client.DeleteAsync(path, TestEnd);
        Assert.Equal(HttpStatusCode.NotFound, deleted.StatusCode);
    }

    [Fact]
    public async Task Delete_WaitingJob_Is204AndCancelsAndCanBeRepeated()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        await _client.UntilAsync(await _client.CreateAsync(), "running");
        string id = await _client.CreateAsync();

        using HttpResponseMessage first = await _client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        string status = await _client.StatusAsync(id);
        using HttpResponseMessage result = await _client.GetAsync($"/v1/jobs/{id}/result", TestEnd);
        using HttpResponseMessage second = await _client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        using HttpResponseMessage third = await _client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        using HttpResponseMessage gone = await _client.GetAsync($"/v1/jobs/{id}", TestEnd);

        Assert.Equal(204, (int)first.StatusCode);
        Assert.Equal("cancelled", status);
        await result.ProblemAsync(424, "job_failed");
        Assert.Equal((204, 204), ((int)second.StatusCode, (int)third.StatusCode));
        await gone.ProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task Delete_RunningJob_Is202AndItLeavesAtTheNextStep()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await _client.CreateAsync(("steps", "100"));
        await ApiApplication.Until(() => _app.Pipeline.Prepared == 2);
        await _client.UntilAsync(id, "running");

        using HttpResponseMessage response = await _client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        JsonElement job = await response.JsonAsync();
        _app.Pipeline.Permits.Release(2);
        await _client.UntilAsync(id, "cancelled");
        await ApiApplication.Until(() => _app.Pipeline.Disposed == _app.Pipeline.Prepared);

        Assert.Equal(202, (int)response.StatusCode);
        Assert.True(job.GetProperty("cancelling").GetBoolean());
        Assert.InRange(_app.Pipeline.Steps.Count(names => names.Contains("make it winter")), 0, 2);
    }

    [Fact]
    public async Task List_Jobs_GivesPagesNewestFirstAndByStatus()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        List<string> made = [];
        for (int i = 0; i < 5; i++)
        {
            made.Add(await _client.CreateAsync());
        }
        await _client.UntilAsync(made[0], "running");

        List<string> listed = [];
        string? cursor = null;
        do
        {
            string address = $"/v1/jobs?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}";
            using HttpResponseMessage response = await _client.GetAsync(address, TestEnd);
            JsonElement page = await response.JsonAsync();
            listed.AddRange(
                page.GetProperty("data").EnumerateArray().Select(job => job.GetProperty("id").GetString()!)
            );
            cursor = page.TryGetProperty("next_cursor", out JsonElement next) ? next.GetString() : null;
        } while (cursor is not null);
        using HttpResponseMessage running = await _client.GetAsync("/v1/jobs?status=running", TestEnd);

        Assert.Equal(made.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        JsonElement only = Assert.Single((await running.JsonAsync()).GetProperty("data").EnumerateArray());
        Assert.Equal(made[0], only.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("status=flying", "status")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("cursor=garbage", "cursor")]
    [InlineData("cursor=%27%3B--", "cursor")]
    public async Task List_WrongParameter_Is422AndNamesIt(string query, string param)
    {
        using HttpResponseMessage response = await _client.GetAsync($"/v1/jobs?{query}", TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal(param, problem.GetProperty("param").GetString());
    }

    private static HttpRequestMessage Get(string id) => new(HttpMethod.Get, $"/v1/jobs/{id}");
}
