using System.Text.Json;
using InstructDiffusion.Api.Tests.Jobs;

namespace InstructDiffusion.Api.Tests.Callers;

/// <summary>Callers see what is theirs, and nothing of others: not even that it is there.</summary>
public sealed class TenancyTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new();
    private HttpClient _alice = null!;
    private HttpClient _bob = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app.Settings.AddKey(Keys.Alice, "alice");
        _app.Settings.AddKey(Keys.Bob, "bob");
        _alice = await _app.StartAsync();
        _bob = _app.NewClient();
        _alice.DefaultRequestHeaders.Add("Authorization", $"Bearer {Keys.Alice}");
        _bob.DefaultRequestHeaders.Add("X-API-Key", Keys.Bob);
    }

    public async ValueTask DisposeAsync()
    {
        _alice.Dispose();
        _bob.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Job_OfAnotherCaller_IsNotFoundInWhateverWayItIsAskedFor()
    {
        string id = await _alice.CreateAsync();
        await _alice.EndAsync(id);
        string missing = new('A', id.Length);
        (HttpMethod Method, string Path)[] ways =
        [
            (HttpMethod.Get, "/v1/jobs/{0}"),
            (HttpMethod.Get, "/v1/jobs/{0}/events"),
            (HttpMethod.Get, "/v1/jobs/{0}/result"),
            (HttpMethod.Get, "/v1/jobs/{0}/results/0"),
            (HttpMethod.Delete, "/v1/jobs/{0}"),
        ];

        foreach ((HttpMethod method, string path) in ways)
        {
            JsonElement others = await NotFoundAsync(method, string.Format(null, path, id));
            JsonElement nobodys = await NotFoundAsync(method, string.Format(null, path, missing));
            // Nothing tells one from the other.
            Assert.Equal(
                nobodys.GetProperty("detail").GetString()?.Replace(missing, "", StringComparison.Ordinal),
                others.GetProperty("detail").GetString()?.Replace(id, "", StringComparison.Ordinal)
            );
        }

        Assert.Equal("succeeded", await _alice.StatusAsync(id)); // it is still there, and whole
        Assert.NotEmpty(await _alice.ResultAsync(id));
    }

    [Fact]
    public async Task Jobs_Listed_AreOnesOwn()
    {
        string id = await _alice.CreateAsync();

        using HttpResponseMessage alices = await _alice.GetAsync("/v1/jobs", TestEnd);
        using HttpResponseMessage bobs = await _bob.GetAsync("/v1/jobs", TestEnd);

        Assert.Contains(id, await alices.Content.ReadAsStringAsync(TestEnd), StringComparison.Ordinal);
        Assert.DoesNotContain(id, await bobs.Content.ReadAsStringAsync(TestEnd), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queue_ShowsOnesOwnEditsAndOfOthersTheSumsAlone()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage edit = EditRequests.Good();
        Task<HttpResponseMessage> running = _alice.SendAsync(edit, TestEnd);
        await ApiApplication.Until(() => _app.Engine.Status.Running == 1);

        using HttpResponseMessage alices = await _alice.GetAsync("/v1/queue", TestEnd);
        using HttpResponseMessage bobs = await _bob.GetAsync("/v1/queue", TestEnd);
        _app.Pipeline.Permits.Release(1_000);
        (await running).Dispose();

        Assert.Equal(1, (await alices.JsonAsync()).GetProperty("own").GetArrayLength());
        JsonElement other = await bobs.JsonAsync();
        Assert.Equal(0, other.GetProperty("own").GetArrayLength());
        Assert.Equal(1, other.GetProperty("running").GetInt32());
        Assert.DoesNotContain("alice", other.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Edit_EqualToAnothersAndStillRemembered_IsMadeAnew()
    {
        using HttpRequestMessage alices = EditRequests.Good(("seed", "7"));
        using HttpRequestMessage bobs = EditRequests.Good(("seed", "7"));
        (await _alice.SendAsync(alices, TestEnd)).Dispose();
        int prepared = _app.Pipeline.Prepared;

        using HttpResponseMessage response = await _bob.SendAsync(bobs, TestEnd);

        // Else the time it takes would tell that somebody asked for the same.
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(prepared + 1, _app.Pipeline.Prepared);
    }

    [Fact]
    public async Task IdempotencyKey_UsedByAnother_IsAnotherKey()
    {
        string alices = await CreateAsync(_alice, "the-same-key", "make it winter");
        string bobs = await CreateAsync(_bob, "the-same-key", "make it summer");

        Assert.NotEqual(alices, bobs);
        Assert.Equal(alices, await CreateAsync(_alice, "the-same-key", "make it winter"));
    }

    [Theory]
    [InlineData("/v1/jobs/..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/v1/jobs/%2e%2e/result")]
    [InlineData("/v1/jobs/a/results/..%2F0")]
    public async Task Job_IdThatIsAPath_IsNotFound(string path)
    {
        using HttpResponseMessage response = await _alice.GetAsync(path, TestEnd);

        Assert.Equal(404, (int)response.StatusCode);
    }

    private async Task<JsonElement> NotFoundAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using HttpResponseMessage response = await _bob.SendAsync(request, TestEnd);
        return await response.ProblemAsync(404, "not_found");
    }

    private static async Task<string> CreateAsync(HttpClient client, string key, string instruction)
    {
        using HttpRequestMessage request = JobRequests
            .Form(Pictures.Png(Pictures.Gradient()), ("type", "edit"), ("instruction", instruction), ("seed", "1"))
            .With("Idempotency-Key", key);
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestEnd));
        return (await response.JsonAsync()).GetProperty("id").GetString()!;
    }
}
