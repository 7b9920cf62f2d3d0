using System.Net;
using System.Text.Json;
using InstructDiffusion.Api.Tests.Hosting;
using InstructDiffusion.Api.Tests.OpenAi;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Jobs;

/// <summary>Real processes that are killed, and disks that are full.</summary>
public sealed class JobProcessTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_BetweenAcceptAndStartAndFinish_LosesNoJobNoResultAndNoKey()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Processes are killed as on Unix.");
        using var folder = new TempFolder();
        var settings = new Dictionary<string, string>
        {
            ["Jobs__Path"] = folder.Path,
            ["Queue__MaxRunningEdits"] = "1",
        };
        string finished;
        string running;
        string waiting;
        byte[] result;
        byte[] answer;
        using (ServerProcess server = await ServerProcess.StartAsync(settings))
        {
            await server.ReadyAsync();
            using HttpClient client = server.NewClient();
            finished = await CreateAsync(client, "finished", Job(steps: 2));
            await client.EndAsync(finished);
            result = await client.ResultAsync(finished);
            using HttpResponseMessage edited = await SendAsync(client, Edit(steps: 2), "answered");
            answer = await edited.Content.ReadAsByteArrayAsync(TestEnd);
            Assert.Equal(200, (int)edited.StatusCode);
            running = await CreateAsync(client, "running", Job(steps: 500));
            await client.UntilAsync(running, "running");
            waiting = await CreateAsync(client, "waiting", Job(steps: 2));
            Task<HttpResponseMessage> cut = SendAsync(client, Edit(steps: 3), "cut");
            Task<HttpResponseMessage> cutToo = SendAsync(client, OpenAiEdit(), "cut-too");
            await UntilKnownAsync(client, count: 6);

            await server.KillAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => cut);
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => cutToo);
        }

        using ServerProcess next = await ServerProcess.StartAsync(settings);
        await next.ReadyAsync();
        using HttpClient after = next.NewClient();
        JsonElement[] ends = [await after.EndAsync(running), await after.EndAsync(waiting)];
        using HttpResponseMessage answered = await SendAsync(after, Edit(steps: 2), "answered");
        using HttpResponseMessage again = await UntilAnsweredAsync(after, () => Edit(steps: 3), "cut");
        using HttpResponseMessage againToo = await UntilAnsweredAsync(after, OpenAiEdit, "cut-too");

        Assert.Equal(result, await after.ResultAsync(finished));
        Assert.Equal(1, (await after.JobAsync(finished)).GetProperty("runs").GetInt32());
        Assert.Equal(finished, await CreateAsync(after, "finished", Job(steps: 2)));
        Assert.Equal(waiting, await CreateAsync(after, "waiting", Job(steps: 2)));
        Assert.All(ends, job => Assert.Equal("succeeded", job.GetProperty("status").GetString()));
        Assert.Equal(2, ends[0].GetProperty("runs").GetInt32());
        Assert.Equal("true", answered.Header("Idempotency-Replayed"));
        Assert.Equal(answer, await answered.Content.ReadAsByteArrayAsync(TestEnd));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal("true", againToo.Header("Idempotency-Replayed"));
        Assert.Equal(2, (await againToo.JsonAsync()).GetProperty("data").GetArrayLength());
        await next.TerminateAsync();
        Assert.Equal(0, next.ExitCode);
    }

    [Fact]
    public async Task DiskFull_JobsAre503WithTheReasonAndEditsGoOn()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "A limit of file sizes plays the full disk.");
        using var folder = new TempFolder();
        var settings = new Dictionary<string, string>
        {
            ["Jobs__Path"] = folder.Path,
            ["Jobs__MaxOpen"] = "100000",
            ["Jobs__MaxOpenPerCaller"] = "100000",
            // The runtime's own double mappings are files to the limit.
            ["DOTNET_EnableWriteXorExecute"] = "0",
        };
        using ServerProcess server = await ServerProcess.StartAsync(settings, "trap '' XFSZ; ulimit -f 300");
        await server.ReadyAsync();
        using HttpClient client = server.NewClient();
        string id = await client.CreateAsync(("steps", "2"));
        await client.EndAsync(id);

        HttpResponseMessage refused;
        int accepted = 0;
        while ((refused = await SendAsync(client, Job(steps: 1), key: null)).StatusCode == HttpStatusCode.Accepted)
        {
            refused.Dispose();
            Assert.True(++accepted < 2_000, "The disk is not full.");
        }
        using HttpResponseMessage edited = await SendAsync(client, Edit(steps: 2), key: null);
        using HttpResponseMessage patient = await SendAsync(
            client,
            Edit(steps: 2).With("Prefer", "wait=60"),
            key: null
        );
        using HttpResponseMessage named = await SendAsync(client, Edit(steps: 2), "k");
        byte[] result = await client.ResultAsync(id);

        JsonElement problem = await refused.ProblemAsync(503, "jobs_unavailable");
        Assert.Contains("disk", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal((200, 200), ((int)edited.StatusCode, (int)patient.StatusCode));
        await named.ProblemAsync(503, "jobs_unavailable");
        Assert.NotEmpty(result);
    }

    private static HttpRequestMessage Job(int steps) => JobRequests.Good(("steps", steps.Text()), ("size", "64"));

    private static HttpRequestMessage Edit(int steps) => EditRequests.Good(("steps", steps.Text()), ("size", "64"));

    private static HttpRequestMessage OpenAiEdit() =>
        OpenAiRequests.Good(("steps", "3"), ("working_size", "64"), ("n", "2"));

    private static async Task<string> CreateAsync(HttpClient client, string key, HttpRequestMessage request)
    {
        using HttpResponseMessage response = await SendAsync(client, request, key);
        Assert.True((int)response.StatusCode == 202, await response.Content.ReadAsStringAsync(TestEnd));
        return (await response.JsonAsync()).GetProperty("id").GetString()!;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, string? key)
    {
        using HttpRequestMessage sent = key is null ? request : request.With("Idempotency-Key", key);
        return await client.SendAsync(sent, TestEnd);
    }

    private static async Task<HttpResponseMessage> UntilAnsweredAsync(
        HttpClient client,
        Func<HttpRequestMessage> request,
        string key
    )
    {
        HttpResponseMessage response;
        while ((response = await SendAsync(client, request(), key)).StatusCode == HttpStatusCode.Conflict)
        {
            response.Dispose();
            await Task.Delay(50, TestEnd);
        }
        Assert.True((int)response.StatusCode == 200, await response.Content.ReadAsStringAsync(TestEnd));
        return response;
    }

    private static async Task UntilKnownAsync(HttpClient client, int count)
    {
        while (true)
        {
            using HttpResponseMessage list = await client.GetAsync("/v1/jobs", TestEnd);
            if ((await list.JsonAsync()).GetProperty("data").GetArrayLength() == count)
            {
                return;
            }
            await Task.Delay(20, TestEnd);
        }
    }
}
