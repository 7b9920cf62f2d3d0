using System.Net;
using System.Text.Json;
using InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;

namespace InstructDiffusion.Api.Tests.Jobs.Shared;

/// <summary>A database of its own, which is stopped and started again under the servers.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private readonly PostgresServer _database = new();
    private readonly SharedServers _servers;

    public OutageTests() => _servers = new SharedServers(_database);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _database.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _servers.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Database_StoppedAndStartedAgain_EditsGoOnJobsAre503AndNoneIsLost()
    {
        await using ApiApplication a = _servers.New();
        await using ApiApplication b = _servers.New();
        using HttpClient client = await a.StartAsync();
        using HttpClient other = await b.StartAsync();
        string done = await client.CreateAsync();
        await client.EndAsync(done);
        int before = a.Pipeline.Prepared + b.Pipeline.Prepared;
        a.Pipeline.Permits = new SemaphoreSlim(0);
        b.Pipeline.Permits = new SemaphoreSlim(0);
        List<string> accepted = [];
        for (int i = 0; i < 6; i++)
        {
            accepted.Add(await client.CreateAsync(("steps", "2"), ("seed", i.Text())));
        }
        // Two run, one at each server, and four wait.
        await ApiApplication.Until(() => a.Pipeline.Prepared + b.Pipeline.Prepared == before + 2);
        using HttpResponseMessage events = await other.GetAsync(
            $"/v1/jobs/{accepted[^1]}/events",
            HttpCompletionOption.ResponseHeadersRead,
            TestEnd
        );

        await _database.StopAsync();
        await AssertUnavailableAsync(client);
        await AssertUnavailableAsync(other);
        a.Pipeline.Permits.Release(100_000);
        b.Pipeline.Permits.Release(100_000);
        await AssertEditsGoOnAsync(client);
        await AssertEditsGoOnAsync(other);
        // Those that ran are done, and their results are kept until they can be written.
        await ApiApplication.Until(() => new[] { a, b }.All(app => app.Pipeline.Disposed == app.Pipeline.Prepared));
        await using ApiApplication late = _servers.New();
        using HttpClient lateClient = await late.StartAsync();
        await AssertUnavailableAsync(lateClient);
        await AssertEditsGoOnAsync(lateClient);

        await _database.StartAsync();
        JsonElement[] ends = await Task.WhenAll(accepted.Select(id => EndAsync(lateClient, id)));
        IReadOnlyList<(string Name, JsonElement Data)> told = await events.EventsAsync();
        string afterwards = await other.CreateAsync();

        Assert.All(ends, job => Assert.Equal("succeeded", job.GetProperty("status").GetString()));
        // Nobody was taken for dead because nobody could be heard.
        Assert.All(ends, job => Assert.Equal(1, job.GetProperty("runs").GetInt32()));
        Assert.Equal("completed", told[^1].Name);
        Assert.Equal("succeeded", (await other.EndAsync(afterwards)).GetProperty("status").GetString());
        Assert.NotEmpty(await lateClient.ResultAsync(done));
        foreach (string id in accepted)
        {
            Assert.NotEmpty(await other.ResultAsync(id));
        }
    }

    private static async Task AssertUnavailableAsync(HttpClient client)
    {
        using HttpRequestMessage job = JobRequests.Good();
        using HttpRequestMessage named = EditRequests.Good().With("Idempotency-Key", "k");
        using var list = new HttpRequestMessage(HttpMethod.Get, "/v1/jobs");
        using var one = new HttpRequestMessage(HttpMethod.Get, "/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA");
        foreach (HttpRequestMessage request in new[] { job, named, list, one })
        {
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            JsonElement problem = await response.ProblemAsync(503, "jobs_unavailable");
            Assert.Contains("database of jobs", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.NotNull(response.Headers.RetryAfter);
        }
    }

    private static async Task AssertEditsGoOnAsync(HttpClient client)
    {
        using HttpRequestMessage plain = EditRequests.Good();
        using HttpRequestMessage patient = EditRequests.Good(("seed", "7")).With("Prefer", "wait=60");
        foreach (HttpRequestMessage request in new[] { plain, patient })
        {
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            Assert.Equal(200, (int)response.StatusCode);
        }
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        Assert.Equal(200, (int)ready.StatusCode);
    }

    /// <summary>Waits for the end of a job, through the time in which nobody knows of it.</summary>
    private static async Task<JsonElement> EndAsync(HttpClient client, string id)
    {
        while (true)
        {
            using HttpResponseMessage response = await client.GetAsync($"/v1/jobs/{id}", TestEnd);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return await client.EndAsync(id);
            }
            await response.ProblemAsync(503, "jobs_unavailable");
            await Task.Delay(100, TestEnd);
        }
    }
}
