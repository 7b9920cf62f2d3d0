using InstructDiffusion.TestSupport;
using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

/// <summary>What is answered while jobs cannot be stored.</summary>
public sealed class JobsUnavailableTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task FolderCannotBeWritten_JobsAre503WithTheReasonAndEditsGoOn()
    {
        await File.WriteAllTextAsync(_folder.Of("file"), "in the way", TestEnd);
        await using var app = new ApiApplication { DataFolder = _folder.Of("file", "data") };
        using HttpClient client = await app.StartAsync();

        await AssertUnavailableAsync(client, "folder of");
        await AssertEditsGoOnAsync(client);
        using HttpResponseMessage ready = await client.GetAsync("/health/ready", TestEnd);
        Assert.Equal(200, (int)ready.StatusCode);
    }

    [Fact]
    public async Task DatabaseIsLocked_JobsAre503WithTheReasonAndComeBack()
    {
        await using var app = new ApiApplication
        {
            DataFolder = _folder.Path,
            Settings = { ["Jobs:BusySeconds"] = "1" },
        };
        using HttpClient client = await app.StartAsync();
        await client.EndAsync(await client.CreateAsync());
        await using var other = new SqliteConnection($"Data Source={_folder.Of("jobs.db")};Pooling=False");
        other.Open();
        SqliteTransaction held = other.BeginTransaction(deferred: false);

        using HttpRequestMessage job = JobRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(job, TestEnd);
        await AssertEditsGoOnAsync(client);
        await held.RollbackAsync(TestEnd);
        await held.DisposeAsync();
        string id = await client.CreateAsync();

        await refused.ProblemAsync(503, "jobs_unavailable");
        Assert.Equal("succeeded", (await client.EndAsync(id)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task AnotherServerHasTheFolder_JobsAre503UntilItStops()
    {
        var first = new ApiApplication { DataFolder = _folder.Path };
        using HttpClient client = await first.StartAsync();
        string id = await client.CreateAsync();
        await client.EndAsync(id);
        await using var second = new ApiApplication { DataFolder = _folder.Path };
        using HttpClient late = await second.StartAsync();

        await AssertUnavailableAsync(late, "Another server");
        await first.DisposeAsync();
        byte[] result = await late.ResultAsync(id);

        Assert.NotEmpty(result);
    }

    [Fact]
    public async Task FileIsNoDatabase_JobsAre503AndTheFileIsLeftAlone()
    {
        string file = _folder.Of("jobs.db");
        await File.WriteAllTextAsync(file, new string('x', 10_000), TestEnd);
        await using var app = new ApiApplication { DataFolder = _folder.Path };
        using HttpClient client = await app.StartAsync();

        await AssertUnavailableAsync(client, "damaged");
        await AssertEditsGoOnAsync(client);
        Assert.Equal(new string('x', 10_000), await File.ReadAllTextAsync(file, TestEnd));
        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("Jobs are unavailable", StringComparison.Ordinal))
        );
    }

    private static async Task AssertUnavailableAsync(HttpClient client, string reason)
    {
        using HttpRequestMessage job = JobRequests.Good();
        using HttpRequestMessage named = EditRequests.Good().With("Idempotency-Key", "k");
        using var list = new HttpRequestMessage(HttpMethod.Get, "/v1/jobs");
        using var one = new HttpRequestMessage(HttpMethod.Get, "/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA");
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/v1/jobs/AAAAAAAAAAAAAAAAAAAAAA");
        foreach (HttpRequestMessage request in new[] { job, named, list, one, delete })
        {
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            var problem = await response.ProblemAsync(503, "jobs_unavailable");
            Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.NotNull(response.Headers.RetryAfter);
        }
    }

    private static async Task AssertEditsGoOnAsync(HttpClient client)
    {
        using HttpRequestMessage plain = EditRequests.Good();
        using HttpRequestMessage patient = EditRequests.Good().With("Prefer", "wait=60");
        using HttpRequestMessage impatient = EditRequests.Good().With("Prefer", "respond-async");
        foreach (HttpRequestMessage request in new[] { plain, patient, impatient })
        {
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            Assert.Equal(200, (int)response.StatusCode);
        }
    }
}
