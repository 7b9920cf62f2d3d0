using System.Net.ServerSentEvents;
using System.Text.Json;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;

namespace InstructDiffusion.Api.Tests.Jobs.Shared;

/// <summary>Two servers on one database: whichever a client asks, it is one service.</summary>
public sealed class SharedJobsTests(PostgresServer database) : IAsyncLifetime
{
    // What an engine has prepared that is at work for the first time: before it, a picture to warm up.
    private const int Begun = 2;

    private readonly SharedServers _servers = new(database);
    private readonly List<HttpClient> _clients = [];
    private ApiApplication _a = null!;
    private ApiApplication _b = null!;
    private HttpClient _clientOfA = null!;
    private HttpClient _clientOfB = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await database.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (ApiApplication? app in new[] { _a, _b })
        {
            if (app is not null)
            {
                app.Pipeline.Permits?.Release(1_000_000);
                await app.DisposeAsync();
            }
        }
        _clients.ForEach(client => client.Dispose());
        _servers.Dispose();
    }

    [Fact]
    public async Task Job_MadeHereAndRunThere_IsFollowedAndFetchedHere()
    {
        await StartAsync(aTakesJobs: false);
        string id = await _clientOfA.CreateAsync(("steps", "6"));
        Task<HttpResponseMessage> waiting = WaitAsync(_clientOfA, id);
        using HttpResponseMessage events = await _clientOfA.GetAsync(
            $"/v1/jobs/{id}/events",
            HttpCompletionOption.ResponseHeadersRead,
            TestEnd
        );
        await ApiApplication.Until(() => _b.Pipeline.Prepared == Begun);

        List<string> told = await ReleaseStepByStepAsync(events, _b);
        using HttpResponseMessage waited = await waiting;
        byte[] here = await _clientOfA.ResultAsync(id);
        byte[] there = await _clientOfB.ResultAsync(id);

        Assert.Equal(["started", "progress", "completed"], told.Distinct().Where(name => name != "queued"));
        Assert.Equal("succeeded", (await waited.JsonAsync()).GetProperty("status").GetString());
        Assert.Equal(here, there);
        JsonElement list = await ListAsync(_clientOfB);
        Assert.Contains(list.EnumerateArray(), job => job.GetProperty("id").GetString() == id);
    }

    [Fact]
    public async Task Cancel_AskedHere_EndsTheRunThere()
    {
        await StartAsync(aTakesJobs: false);
        string id = await _clientOfA.CreateAsync(("steps", "500"));
        await ApiApplication.Until(() => _b.Pipeline.Prepared == Begun);

        using HttpResponseMessage cancelled = await _clientOfA.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        // The engine looks up between two steps.
        Task<JsonElement> end = _clientOfA.EndAsync(id);
        while (!end.IsCompleted)
        {
            _b.Pipeline.Permits!.Release();
            await Task.Delay(20, TestEnd);
        }

        Assert.Equal(202, (int)cancelled.StatusCode);
        Assert.Equal("cancelled", (await end).GetProperty("status").GetString());
        await ApiApplication.Until(() => _b.Pipeline.Disposed == Begun);
        Assert.InRange(_b.Pipeline.Steps.Count, 0, 499);
    }

    [Fact]
    public async Task IdempotencyKey_AtBothServers_IsOneRequest()
    {
        await StartAsync();
        LetGo(_a);
        LetGo(_b);
        string first = await CreateAsync(_clientOfA, "k");
        string second = await CreateAsync(_clientOfB, "k");
        using HttpResponseMessage edited = await EditAsync(_clientOfA, "e");
        using HttpResponseMessage again = await EditAsync(_clientOfB, "e");
        using HttpRequestMessage other = EditRequests.Good(("steps", "4")).With("Idempotency-Key", "e");
        using HttpResponseMessage refused = await _clientOfB.SendAsync(other, TestEnd);

        Assert.Equal(first, second);
        Assert.Equal((200, 200), ((int)edited.StatusCode, (int)again.StatusCode));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(
            await edited.Content.ReadAsByteArrayAsync(TestEnd),
            await again.Content.ReadAsByteArrayAsync(TestEnd)
        );
        await refused.ProblemAsync(422, "idempotency_key_reused");
    }

    [Fact]
    public async Task Holder_IsCutOffFromTheDatabase_TheOtherServerDoesItsJobAndItCanWriteNothingMore()
    {
        await StartAsync(leaseSeconds: 8, bTakesJobs: false);
        string id = await _clientOfB.CreateAsync(("steps", "5"));
        await ApiApplication.Until(() => _a.Pipeline.Prepared == Begun);

        _a.Store().Fault = new JobsUnavailableException("cut off");
        _b.Store().GivesJobs = true;
        LetGo(_b);
        JsonElement end = await _clientOfB.EndAsync(id);
        byte[] result = await _clientOfB.ResultAsync(id);
        LetGo(_a);
        _a.Store().Fault = null;
        await _clientOfA.EndAsync(await _clientOfA.CreateAsync());
        await ApiApplication.Until(() => _a.Pipeline.Disposed == _a.Pipeline.Prepared);

        Assert.Equal("succeeded", end.GetProperty("status").GetString());
        int runs = end.GetProperty("runs").GetInt32();
        Assert.InRange(runs, 2, 3);
        Assert.Equal(result, await _clientOfA.ResultAsync(id));
        Assert.Equal(runs, (await _clientOfA.JobAsync(id)).GetProperty("runs").GetInt32());
    }

    [Fact]
    public async Task Notices_TheirConnectionsAreCut_AreHeardAgain()
    {
        await StartAsync(aTakesJobs: false);
        await database.ExecuteAsync(
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN \"{_servers.Schema}%'"
        );
        await ApiApplication.Until(() =>
            new[] { _a, _b }.All(app =>
                app.Logs.Lines.Any(line => line.Contains("are heard again", StringComparison.Ordinal))
            )
        );

        string id = await _clientOfA.CreateAsync(("steps", "6"));
        LetGo(_b);

        Assert.Equal("succeeded", (await _clientOfA.EndAsync(id)).GetProperty("status").GetString());
    }

    /// <summary>Starts both, their engines at a stand.</summary>
    private async Task StartAsync(int leaseSeconds = 30, bool aTakesJobs = true, bool bTakesJobs = true)
    {
        _a = _servers.New(leaseSeconds, services => SharedServers.UseBreakableStore(services, aTakesJobs));
        _b = _servers.New(leaseSeconds, services => SharedServers.UseBreakableStore(services, bTakesJobs));
        _clients.Add(_clientOfA = await _a.StartAsync());
        _clients.Add(_clientOfB = await _b.StartAsync());
        _a.Pipeline.Permits = new SemaphoreSlim(0);
        _b.Pipeline.Permits = new SemaphoreSlim(0);
    }

    private static void LetGo(ApiApplication app) => app.Pipeline.Permits!.Release(100_000);

    private static async Task<List<string>> ReleaseStepByStepAsync(HttpResponseMessage events, ApiApplication runner)
    {
        List<string> told = [];
        Stream body = await events.Content.ReadAsStreamAsync(TestEnd);
        await foreach (SseItem<string> item in SseParser.Create(body).EnumerateAsync(TestEnd))
        {
            told.Add(item.EventType);
            // The first step when the start was told, the next ones when that was.
            runner.Pipeline.Permits!.Release(item.EventType is "progress" ? 100 : 1);
        }
        return told;
    }

    private static async Task<HttpResponseMessage> WaitAsync(HttpClient client, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}");
        request.Headers.TryAddWithoutValidation("Prefer", "wait=60");
        return await client.SendAsync(request, TestEnd);
    }

    private static async Task<string> CreateAsync(HttpClient client, string key)
    {
        using HttpRequestMessage request = JobRequests.Good().With("Idempotency-Key", key);
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        Assert.True((int)response.StatusCode == 202, await response.Content.ReadAsStringAsync(TestEnd));
        return (await response.JsonAsync()).GetProperty("id").GetString()!;
    }

    private static async Task<HttpResponseMessage> EditAsync(HttpClient client, string key)
    {
        using HttpRequestMessage request = EditRequests.Good().With("Idempotency-Key", key);
        return await client.SendAsync(request, TestEnd);
    }

    private static async Task<JsonElement> ListAsync(HttpClient client)
    {
        using HttpResponseMessage response = await client.GetAsync("/v1/jobs", TestEnd);
        return (await response.JsonAsync()).GetProperty("data");
    }
}
