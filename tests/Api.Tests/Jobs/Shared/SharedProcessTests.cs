using System.Text.Json;
using InstructDiffusion.Api.Tests.Hosting;
using InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;

namespace InstructDiffusion.Api.Tests.Jobs.Shared;

/// <summary>Real processes on one database, one of which is killed.</summary>
public sealed class SharedProcessTests(PostgresServer database) : IAsyncLifetime
{
    private readonly SharedServers _servers = new(database);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await database.StartAsync();

    public ValueTask DisposeAsync()
    {
        _servers.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Kill_OneOfTwo_TheOtherFinishesWhatItHadAcceptedAndBegun()
    {
        Dictionary<string, string> settings = _servers.Settings.ToDictionary(
            setting => setting.Key.Replace(":", "__", StringComparison.Ordinal),
            setting => setting.Value
        );
        settings["Jobs__LeaseSeconds"] = "10";
        settings["Queue__MaxRunningEdits"] = "1";
        using ServerProcess doomed = await ServerProcess.StartAsync(settings);
        await doomed.ReadyAsync();
        using HttpClient client = doomed.NewClient();
        string finished = await client.CreateAsync(("steps", "2"), ("size", "64"));
        await client.EndAsync(finished);
        byte[] result = await client.ResultAsync(finished);
        string running = await CreateAsync(client, "running", steps: 60);
        string waiting = await CreateAsync(client, "waiting", steps: 2);
        await client.UntilAsync(running, "running");

        await doomed.KillAsync();
        using ServerProcess survivor = await ServerProcess.StartAsync(settings);
        await survivor.ReadyAsync();
        using HttpClient after = survivor.NewClient();
        JsonElement[] ends = [await after.EndAsync(waiting), await after.EndAsync(running)];

        Assert.All(ends, job => Assert.Equal("succeeded", job.GetProperty("status").GetString()));
        Assert.True(ends[1].GetProperty("runs").GetInt32() > 1);
        Assert.Equal(result, await after.ResultAsync(finished));
        Assert.Equal(waiting, await CreateAsync(after, "waiting", steps: 2));
        Assert.Equal(running, await CreateAsync(after, "running", steps: 60));
        await survivor.TerminateAsync();
        Assert.Equal(0, survivor.ExitCode);
    }

    private static async Task<string> CreateAsync(HttpClient client, string key, int steps)
    {
        using HttpRequestMessage request = JobRequests
            .Good(("steps", steps.Text()), ("size", "64"), ("seed", "1"))
            .With("Idempotency-Key", key);
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        Assert.True((int)response.StatusCode == 202, await response.Content.ReadAsStringAsync(TestEnd));
        return (await response.JsonAsync()).GetProperty("id").GetString()!;
    }
}
