using System.Diagnostics;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Work;
using InstructDiffusion.Api.Tests.Jobs;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Observability;

[Collection(nameof(TelemetryTests))]
public sealed class JobTelemetryTests : IDisposable
{
    private readonly SpanCollector _spans = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Job_Run_IsATraceOfItsOwnThatLinksToTheSubmission()
    {
        await using ApiApplication app = _spans.Server();
        using HttpClient client = await app.StartAsync();
        string submission = ActivityTraceId.CreateRandom().ToHexString();
        using HttpRequestMessage request = JobRequests
            .Good()
            .With("traceparent", $"00-{submission}-00f067aa0ba902b7-01");
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        string id = (await response.JsonAsync()).GetProperty("id").GetString()!;
        await client.EndAsync(id);
        await ApiApplication.Until(() => _spans.Spans.Any(span => span.OperationName == "idiff.job"));

        Activity run = _spans.Spans.Single(span => span.OperationName == "idiff.job");
        Activity server = (await _spans.TraceAsync(submission)).Single(span => span.Kind == ActivityKind.Server);

        Assert.Equal(default, run.ParentSpanId);
        Assert.NotEqual(submission, run.TraceId.ToHexString());
        Assert.Equal(server.Context.SpanId, Assert.Single(run.Links).Context.SpanId);
        Assert.Equal(id, run.GetTagItem("idiff.job.id"));
        Activity denoise = _spans.Spans.Single(span => span.OperationName == "idiff.denoise");
        Assert.Equal(run.SpanId, denoise.ParentSpanId);
    }

    [Fact]
    public async Task Jobs_InTheStore_AreCountedByState()
    {
        await using var app = new ApiApplication { Settings = { ["Queue:MaxRunningEdits"] = "1" } };
        using HttpClient client = await app.StartAsync();
        await client.EndAsync(await client.CreateAsync());
        app.Pipeline.Permits = new SemaphoreSlim(0);
        string running = await client.CreateAsync();
        await client.UntilAsync(running, "running");
        string queued = await client.CreateAsync();

        PrometheusText text = await Metrics.UntilAsync(client, "idiff_jobs", 1, ("state", "queued"));

        Assert.Equal(1, text.Sum("idiff_jobs", ("state", "succeeded")));
        Assert.Equal(1, text.Sum("idiff_jobs", ("state", "running")));
        Assert.Equal(0, text.Sum("idiff_jobs", ("state", "failed")));
        Assert.True(text.Sum("idiff_jobs_oldest_age_seconds") > 0);
        Assert.Equal(0, text.Sum("idiff_jobs_redelivered_total"));
        using HttpResponseMessage one = await client.DeleteAsync($"/v1/jobs/{queued}", TestEnd);
        using HttpResponseMessage other = await client.DeleteAsync($"/v1/jobs/{running}", TestEnd);
        app.Pipeline.Permits.Release(1000);
        await Metrics.UntilAsync(client, "idiff_cancellations_total", 1, ("by", "delete"), ("phase", "queued"));
        await Metrics.UntilAsync(client, "idiff_cancellations_total", 1, ("by", "delete"), ("phase", "running"));
    }

    [Fact]
    public async Task Job_WhoseServerDied_IsCountedAsExpiredAndRedelivered()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60));
        // Jobs are off, so that nobody but this test takes them.
        await using var app = new ApiApplication { Time = time, Settings = { ["Jobs:Enabled"] = "false" } };
        using HttpClient client = await app.StartAsync();
        IJobStore store = app.Services.GetRequiredService<IJobStore>();
        await store.CreateAsync(
            new NewJob
            {
                Id = "aaaaaaaaaaaaaaaaaaaaaa",
                Caller = "",
                Type = "none",
                Priority = EditPriority.Batch,
                Cost = 1,
                Input = new JobInput("{}", []),
                ContentHash = "content",
            },
            TestEnd
        );
        await store.DequeueAsync(1, TimeSpan.FromSeconds(30), isIdle: true, TestEnd);

        time.Advance(TimeSpan.FromMinutes(1));
        await app.Services.GetRequiredService<JobHousekeeping>().SweepAsync(TestEnd);
        LeasedJob again = Assert.Single(await store.DequeueAsync(1, TimeSpan.FromSeconds(30), isIdle: true, TestEnd));
        app.Services.GetRequiredService<JobRunner>().Start(again);

        PrometheusText text = await Metrics.UntilAsync(client, "idiff_jobs_redelivered_total", 1);
        Assert.Equal(1, text.Sum("idiff_jobs_lease_expired_total"));
    }

    public void Dispose() => _spans.Dispose();
}
