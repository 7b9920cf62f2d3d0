using System.Text.Json;
using InstructDiffusion.Api.Callers;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

/// <summary>Every caller sees its own jobs alone.</summary>
public sealed class JobOwnershipTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new();
    private readonly Dictionary<string, HttpClient> _clients = [];

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Dictionary<string, string> keys = [];
        foreach ((string name, string scopes) in new[] { ("ada", "edit,jobs"), ("bob", "edit,jobs"), ("eve", "edit") })
        {
            int i = keys.Count;
            keys[name] = ApiKey.Create();
            _app.Settings[$"Security:Keys:{i}:Name"] = name;
            _app.Settings[$"Security:Keys:{i}:Scopes"] = scopes;
            _app.Settings[$"Security:Keys:{i}:Hash"] = ApiKey.Hash(keys[name]);
        }
        (await _app.StartAsync()).Dispose();
        foreach ((string name, string key) in keys)
        {
            _clients[name] = _app.NewClient();
            _clients[name].DefaultRequestHeaders.Authorization = new("Bearer", key);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (HttpClient client in _clients.Values)
        {
            client.Dispose();
        }
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Any_JobOfAnotherCaller_Is404AndUntouched()
    {
        string id = await _clients["ada"].CreateAsync();
        await _clients["ada"].EndAsync(id);
        HttpClient bob = _clients["bob"];

        foreach (string path in new[] { "", "/result", "/results/0", "/events" })
        {
            using HttpResponseMessage response = await bob.GetAsync($"/v1/jobs/{id}{path}", TestEnd);
            await response.ProblemAsync(404, "not_found");
        }
        using HttpResponseMessage deleted = await bob.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        using HttpResponseMessage list = await bob.GetAsync("/v1/jobs", TestEnd);

        await deleted.ProblemAsync(404, "not_found");
        Assert.Empty((await list.JsonAsync()).GetProperty("data").EnumerateArray());
        Assert.Equal("succeeded", await _clients["ada"].StatusAsync(id));
    }

    [Fact]
    public async Task Post_SameKeyOfTwoCallers_AreTwoJobs()
    {
        using HttpRequestMessage adas = JobRequests.Good().With("Idempotency-Key", "k");
        using HttpRequestMessage bobs = JobRequests.Good().With("Idempotency-Key", "k");

        using HttpResponseMessage first = await _clients["ada"].SendAsync(adas, TestEnd);
        using HttpResponseMessage second = await _clients["bob"].SendAsync(bobs, TestEnd);

        Assert.Equal((202, 202), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.NotEqual(first.Headers.Location, second.Headers.Location);
    }

    [Fact]
    public async Task Post_WithoutTheScope_Is403AndPreferIsIgnored()
    {
        using HttpRequestMessage job = JobRequests.Good();
        using HttpRequestMessage edit = EditRequests.Good().With("Prefer", "respond-async");
        using var nobody = new HttpClient { BaseAddress = _app.Address };
        using HttpRequestMessage unknown = JobRequests.Good();

        using HttpResponseMessage refused = await _clients["eve"].SendAsync(job, TestEnd);
        using HttpResponseMessage edited = await _clients["eve"].SendAsync(edit, TestEnd);
        using HttpResponseMessage unnamed = await nobody.SendAsync(unknown, TestEnd);

        await refused.ProblemAsync(403, "missing_scope");
        Assert.Equal(200, (int)edited.StatusCode);
        await unnamed.ProblemAsync(401, "missing_credentials");
    }

    [Fact]
    public async Task Post_CallerHasAllItMay_Is429WithWhenToComeBackAndOthersGoOn()
    {
        await using var app = new ApiApplication
        {
            Settings = { ["Jobs:MaxOpenPerCaller"] = "2", ["Queue:MaxRunningEdits"] = "1" },
        };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        await client.UntilAsync(await client.CreateAsync(), "running");
        string second = await client.CreateAsync();

        using HttpRequestMessage third = JobRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(third, TestEnd);
        using HttpRequestMessage async = EditRequests.Good().With("Prefer", "respond-async");
        using HttpResponseMessage refusedToo = await client.SendAsync(async, TestEnd);
        using HttpResponseMessage deleted = await client.DeleteAsync($"/v1/jobs/{second}", TestEnd);
        app.Pipeline.Permits.Release(1_000);
        JsonElement end = await client.EndAsync(await client.CreateAsync());

        await refused.ProblemAsync(429, "too_many_jobs");
        Assert.InRange(refused.Headers.RetryAfter.Seconds(), 1, 120);
        await refusedToo.ProblemAsync(429, "too_many_jobs");
        Assert.Equal("succeeded", end.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Post_ServerHasAllItMay_Is429()
    {
        await using var app = new ApiApplication { Settings = { ["Jobs:MaxOpen"] = "1" } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        await client.CreateAsync();

        using HttpRequestMessage second = JobRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(second, TestEnd);
        app.Pipeline.Permits.Release(1_000);

        await refused.ProblemAsync(429, "queue_full");
    }
}
