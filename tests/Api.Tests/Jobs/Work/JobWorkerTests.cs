using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Work;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs.Work;

public sealed class JobWorkerTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Jobs_SomeoneWaitsForEdits_LetThemGoFirst()
    {
        await using var app = new ApiApplication { Settings = { ["Queue:MaxRunningEdits"] = "1" } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage firstRequest = Named("edit 1");
        using HttpRequestMessage secondRequest = Named("edit 2");
        Task<HttpResponseMessage> first = client.SendAsync(firstRequest, TestEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
        string job = await client.CreateAsync();
        Task<HttpResponseMessage> second = client.SendAsync(secondRequest, TestEnd);
        await ApiApplication.Until(() => app.Queue.Count == 1);

        string meanwhile = await client.StatusAsync(job);
        app.Pipeline.Permits.Release(1_000);
        using HttpResponseMessage answer1 = await first;
        using HttpResponseMessage answer2 = await second;
        JsonElement end = await client.EndAsync(job);

        Assert.Equal("queued", meanwhile);
        Assert.Equal((200, 200), ((int)answer1.StatusCode, (int)answer2.StatusCode));
        Assert.Equal("succeeded", end.GetProperty("status").GetString());
        Assert.Equal(["edit 1", "edit 2", "make it winter"], Order(app));
    }

    [Theory]
    [InlineData(1, "succeeded", 2)]
    [InlineData(9, "failed", 3)]
    public async Task Job_UnexpectedErrors_IsTriedAgainAsOftenAsAllowed(int faults, string status, int runs)
    {
        var time = new FakeTimeProvider();
        var flaky = new FlakyJob { Faults = faults };
        await using var app = new ApiApplication
        {
            Time = time,
            Adapted = services => services.AddSingleton<JobOperation>(flaky),
        };
        using HttpClient client = await app.StartAsync();
        string id = await client.CreateAsync(("type", "flaky"));

        await ApiApplication.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return flaky.Runs == runs;
        });
        JsonElement end = await client.EndAsync(id);
        using HttpResponseMessage result = await client.GetAsync($"/v1/jobs/{id}/result", TestEnd);

        Assert.Equal(status, end.GetProperty("status").GetString());
        Assert.Equal(runs, end.GetProperty("runs").GetInt32());
        Assert.DoesNotContain("secret", end.ToString(), StringComparison.Ordinal);
        Assert.Contains(app.Logs.Lines, line => line.Contains("secret path", StringComparison.Ordinal));
        if (status == "succeeded")
        {
            // It gives no file: the answer is the result.
            Assert.Equal("application/json", result.Content.Headers.ContentType?.MediaType);
            Assert.Equal(42, (await result.JsonAsync()).GetProperty("answer").GetInt32());
            return;
        }
        Assert.Equal("internal_error", end.GetProperty("error").GetProperty("code").GetString());
        await result.ProblemAsync(424, "job_failed");
    }

    [Fact]
    public async Task Job_BreaksTheEngine_FailsAtOnce()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.OnFinish = _ => throw new InvalidOperationException("secret path /etc/engine");

        JsonElement end = await client.EndAsync(await client.CreateAsync());

        Assert.Equal("failed", end.GetProperty("status").GetString());
        Assert.Equal(1, end.GetProperty("runs").GetInt32());
        Assert.DoesNotContain("secret", end.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_OneWasMeasured_TheNextIsToldWhenItWillBeDone()
    {
        await using var app = new ApiApplication { Settings = { ["Queue:MaxRunningEdits"] = "1" } };
        using HttpClient client = await app.StartAsync();
        await client.EndAsync(await client.CreateAsync());
        app.Pipeline.Permits = new SemaphoreSlim(0);
        await client.UntilAsync(await client.CreateAsync(), "running");

        JsonElement waiting = await client.JobAsync(await client.CreateAsync());
        app.Pipeline.Permits.Release(1_000);

        Assert.Equal(1, waiting.GetProperty("position").GetInt32());
        Assert.True(waiting.GetProperty("eta_ms").GetInt64() >= 0);
    }

    [Fact]
    public async Task Job_DeadlinePassesWhileItWaits_Expires()
    {
        var time = new FakeTimeProvider();
        await using var app = new ApiApplication { Time = time, Settings = { ["Queue:MaxRunningEdits"] = "1" } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        await client.UntilAsync(await client.CreateAsync(), "running");
        string id = await client.CreateAsync(("deadline_ms", "5000"));

        time.Advance(TimeSpan.FromSeconds(6));
        await app.Services.GetRequiredService<JobHousekeeping>().SweepAsync(TestEnd);
        JsonElement job = await client.EndAsync(id);
        using HttpResponseMessage result = await client.GetAsync($"/v1/jobs/{id}/result", TestEnd);
        app.Pipeline.Permits.Release(1_000);

        Assert.Equal("expired", job.GetProperty("status").GetString());
        Assert.Equal("deadline_before_start", job.GetProperty("error").GetProperty("code").GetString());
        await result.ProblemAsync(424, "job_failed");
    }

    [Fact]
    public async Task Job_StoreIsAwayWhenItIsDone_KeepsItsResultUntilItCanBeWritten()
    {
        await using var app = new ApiApplication { Adapted = JobApplications.UseBreakableStores };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await client.CreateAsync();
        await client.UntilAsync(id, "running");
        app.Store().Fault = new JobsUnavailableException("The disk is away.");
        app.Pipeline.Permits.Release(1_000);
        await ApiApplication.Until(() => app.Pipeline.Disposed == 2);
        using HttpResponseMessage away = await client.GetAsync($"/v1/jobs/{id}", TestEnd);
        using HttpRequestMessage edit = EditRequests.Good();
        using HttpResponseMessage edited = await client.SendAsync(edit, TestEnd);

        app.Store().Fault = null;
        JsonElement job = await client.EndAsync(id);

        JsonElement problem = await away.ProblemAsync(503, "jobs_unavailable");
        Assert.Equal("The disk is away.", problem.GetProperty("detail").GetString());
        Assert.Equal(200, (int)edited.StatusCode);
        Assert.Equal("succeeded", job.GetProperty("status").GetString());
        Assert.Equal(1, job.GetProperty("runs").GetInt32());
        Assert.NotEmpty(await client.ResultAsync(id));
    }

    [Fact]
    public async Task Job_DiskIsFullWhenItIsDone_KeepsItsResultUntilItCanBeWritten()
    {
        await using var app = new ApiApplication { Adapted = JobApplications.UseBreakableStores };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await client.CreateAsync();
        await client.UntilAsync(id, "running");

        app.Blobs().Fault = new JobsUnavailableException("The disk of the files of jobs is full.");
        app.Pipeline.Permits.Release(1_000);
        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("disk of the files", StringComparison.Ordinal))
        );
        using HttpRequestMessage next = JobRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(next, TestEnd);
        app.Blobs().Fault = null;
        JsonElement job = await client.EndAsync(id);

        await refused.ProblemAsync(503, "jobs_unavailable");
        Assert.Equal("succeeded", job.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Job_LeaseIsLostWhileItRuns_RunsAgainAndIsWrittenOnce()
    {
        var time = new FakeTimeProvider();
        await using var app = new ApiApplication
        {
            Time = time,
            Adapted = JobApplications.UseBreakableStores,
            Settings = { ["Cache:ResultMegabytes"] = "0", ["Cache:Coalesce"] = "false" },
        };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await client.CreateAsync(("seed", "4"));
        await client.UntilAsync(id, "running");
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);

        // No heartbeat comes through while the lease runs out, and another server finds it so.
        app.Store().Fault = new JobsUnavailableException("Cut off.");
        time.Advance(TimeSpan.FromSeconds(31));
        MovedJob moved = Assert.Single(await app.Store().Inner.SweepAsync(TestEnd));
        app.Store().Fault = null;
        app.Pipeline.Permits.Release(1_000);
        JsonElement job = await client.EndAsync(id);
        await ApiApplication.Until(() => app.Pipeline.Disposed == app.Pipeline.Prepared);

        Assert.Equal(JobStatus.Queued, moved.Status);
        Assert.Equal("succeeded", job.GetProperty("status").GetString());
        Assert.Equal(2, job.GetProperty("runs").GetInt32());
        Assert.Equal(1, app.Store().Completed);
    }

    [Fact]
    public async Task Job_ServerWasHeldUpForLongerThanALease_KeepsIt()
    {
        var time = new FakeTimeProvider();
        await using var app = new ApiApplication { Time = time, Adapted = JobApplications.UseBreakableStores };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await client.CreateAsync();
        await client.UntilAsync(id, "running");

        app.Store().Fault = new JobsUnavailableException("Nothing moves.");
        time.Advance(TimeSpan.FromSeconds(40)); // longer than a lease, shorter than what the engine counts as a stall
        app.Store().Fault = null;
        await app.Services.GetRequiredService<JobHousekeeping>().SweepAsync(TestEnd);
        app.Pipeline.Permits.Release(1_000);
        JsonElement job = await client.EndAsync(id);

        Assert.Equal("succeeded", job.GetProperty("status").GetString());
        Assert.Equal(1, job.GetProperty("runs").GetInt32());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_JobsRunAndWait_NoneIsLostAndTheNextServerDoesTheRest(bool isInTime)
    {
        using var folder = new TempFolder();
        var first = new ApiApplication
        {
            DataFolder = folder.Path,
            Settings = { ["Queue:MaxRunningEdits"] = "2", ["Server:ShutdownSeconds"] = isInTime ? "60" : "1" },
        };
        using HttpClient client = await first.StartAsync();
        first.Pipeline.Permits = new SemaphoreSlim(0);
        List<string> ids = [];
        for (int i = 0; i < 5; i++)
        {
            ids.Add(await client.CreateAsync(("seed", i.Text()), ("steps", "500")));
        }
        await client.UntilAsync(ids[1], "running");

        first.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        if (isInTime)
        {
            first.Pipeline.Permits.Release(10_000);
            await first.DisposeAsync();
        }
        else
        {
            await first.StopSlowlyAsync();
        }
        await using var second = new ApiApplication { DataFolder = folder.Path };
        using HttpClient next = await second.StartAsync();
        JsonElement[] ends = await Task.WhenAll(ids.Select(next.EndAsync));

        Assert.All(ends, job => Assert.Equal("succeeded", job.GetProperty("status").GetString()));
        // Those that ran were finished, or handed back: then they ran once more.
        int[] runs = [.. ends.Select(job => job.GetProperty("runs").GetInt32())];
        Assert.Equal(isInTime ? [1, 1, 1, 1, 1] : [2, 2, 1, 1, 1], runs);
    }

    [Fact]
    public async Task Stop_NewJobs_AreRefusedWhileEditsAreServed()
    {
        var time = new FakeTimeProvider();
        await using var app = new ApiApplication { Time = time, Settings = { ["Server:DrainSeconds"] = "5" } };
        using HttpClient client = await app.StartAsync();

        app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using HttpRequestMessage job = JobRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(job, TestEnd);
        using HttpRequestMessage edit = EditRequests.Good();
        using HttpResponseMessage edited = await client.SendAsync(edit, TestEnd);
        await ApiApplication.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return app.Engine.Status.Phase == Engine.Batching.EnginePhase.Stopped;
        });

        await refused.ProblemAsync(503, "not_ready");
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(200, (int)edited.StatusCode);
    }

    [Fact]
    public async Task Jobs_ManyWithFaultsCancelsAndDisconnects_EveryOneEndsExactlyOnce()
    {
        await using var app = new ApiApplication { Settings = { ["Jobs:MaxOpenPerCaller"] = "1000" } };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.OnFinish = state =>
        {
            if (state.Request.Seed % 7 == 0)
            {
                throw new NonFiniteImageException("It gave NaN.");
            }
        };
        var random = new Random(3);
        (int Seed, bool Cancels)[] plan = [.. Enumerable.Range(1, 60).Select(i => (i, random.Next(4) == 0))];

        JsonElement[] ends = await Task.WhenAll(
            plan.Select(async job =>
            {
                string id = await client.CreateAsync(("seed", job.Seed.Text()), ("steps", "5"));
                if (job.Cancels)
                {
                    using HttpResponseMessage deleted = await client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
                    Assert.Contains((int)deleted.StatusCode, new[] { 202, 204 });
                }
                // A cancelled job that had ended is forgotten.
                using HttpResponseMessage found = await client.GetAsync($"/v1/jobs/{id}", TestEnd);
                return (int)found.StatusCode == 404 ? default : await client.EndAsync(id);
            })
        );

        foreach (((int seed, bool cancels), JsonElement end) in plan.Zip(ends))
        {
            string status =
                end.ValueKind == JsonValueKind.Undefined ? "cancelled" : end.GetProperty("status").GetString()!;
            Assert.Equal(
                cancels ? "cancelled"
                    : seed % 7 == 0 ? "failed"
                    : "succeeded",
                status
            );
        }
        await ApiApplication.Until(() => app.Pipeline.Disposed == app.Pipeline.Prepared);
        Assert.Empty(app.Pipeline.Breaches);
    }

    private static HttpRequestMessage Named(string instruction) =>
        EditRequests.Form(Pictures.Png(Pictures.Gradient()), ("instruction", instruction));

    /// <summary>The instructions in the order of their first steps, without the warm-up's.</summary>
    private static IEnumerable<string> Order(ApiApplication app) =>
        app.Pipeline.Steps.SelectMany(names => names).Where(name => name != "warm up").Distinct();

    /// <summary>A type of job that fails for a while.</summary>
    private sealed class FlakyJob : JobOperation
    {
        private int _runs;

        public required int Faults { get; init; }

        public int Runs => Volatile.Read(ref _runs);

        public override string Type => "flaky";

        public override IReadOnlyList<EditField> Fields => [EditField.Image, EditField.Instruction];

        public override double Accept(EditForm form, ModelDescription model)
        {
            form.Errors.ThrowIfAny();
            return 1;
        }

        public override Task<JobOutcome> RunAsync(EditForm form, JobRun run, CancellationToken cancellationToken) =>
            Interlocked.Increment(ref _runs) <= Faults
                ? Task.FromException<JobOutcome>(new InvalidOperationException("secret path /etc/engine"))
                : Task.FromResult(new JobOutcome(new JsonObject { ["answer"] = 42 }, []));
    }
}
