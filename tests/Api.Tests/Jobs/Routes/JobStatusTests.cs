using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using InstructDiffusion.Api.Jobs.Work;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

/// <summary>Statuses that the document promises of every route of jobs alike.</summary>
public sealed class JobStatusTests
{
    private const string Id = "AAAAAAAAAAAAAAAAAAAAAA";

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_StoreBreaksUnexpectedly_Is500AndSaysNothingOfIt()
    {
        await using var app = new ApiApplication { Adapted = JobApplications.UseBreakableStores };
        using HttpClient client = await app.StartAsync();
        app.Store().Fault = new InvalidOperationException("secret");

        foreach (HttpRequestMessage request in Every(Id))
        {
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            var problem = await response.ProblemAsync(500, "internal_error");
            Assert.DoesNotContain("secret", problem.ToString(), StringComparison.Ordinal);
        }
        app.Store().Fault = null;
    }

    [Fact]
    public async Task Any_StoreIsAway_Is503()
    {
        await using var app = new ApiApplication { Adapted = JobApplications.UseBreakableStores };
        using HttpClient client = await app.StartAsync();
        app.Store().Fault = new Api.Jobs.Storage.JobsUnavailableException("Away.");

        foreach (HttpRequestMessage request in Every(Id))
        {
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            await response.ProblemAsync(503, "jobs_unavailable");
        }
        app.Store().Fault = null;
    }

    [Theory]
    [InlineData("result")]
    [InlineData("results/0")]
    public async Task Get_File_GivesEveryStatusOfItsLife(string path)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var app = new ApiApplication { Time = time };
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await client.CreateAsync();
        string cancelled = await client.CreateAsync();
        using HttpResponseMessage deleted = await client.DeleteAsync($"/v1/jobs/{cancelled}", TestEnd);

        using HttpResponseMessage early = await client.GetAsync($"/v1/jobs/{id}/{path}", TestEnd);
        app.Pipeline.Permits.Release(1_000);
        await client.EndAsync(id);
        await client.EndAsync(cancelled);
        using HttpResponseMessage whole = await client.GetAsync($"/v1/jobs/{id}/{path}", TestEnd);
        int part = await StatusAsync(client, id, path, request => request.Headers.Range = new RangeHeaderValue(0, 1));
        int beyond = await StatusAsync(
            client,
            id,
            path,
            request => request.Headers.Range = new RangeHeaderValue(1_000_000, null)
        );
        int known = await StatusAsync(client, id, path, request => request.With("If-None-Match", "*"));
        using HttpResponseMessage none = await client.GetAsync($"/v1/jobs/{cancelled}/{path}", TestEnd);
        time.Advance(TimeSpan.FromHours(25));
        await app.Services.GetRequiredService<JobHousekeeping>().SweepAsync(TestEnd);
        using HttpResponseMessage late = await client.GetAsync($"/v1/jobs/{id}/{path}", TestEnd);

        await early.ProblemAsync(409, "job_not_finished");
        Assert.Equal((200, 206, 416, 304), ((int)whole.StatusCode, part, beyond, known));
        await none.ProblemAsync(424, "job_failed");
        await late.ProblemAsync(410, "result_expired");
    }

    [Fact]
    public async Task Post_BodyTooLargeOrTooSlow_IsRefusedAsOnEdits()
    {
        await using var app = new ApiApplication
        {
            Settings = { ["Limits:MaxBodyBytes"] = "2000", ["Limits:UploadSeconds"] = "1" },
        };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage large = JobRequests.Form(new byte[3_000], ("type", "edit"), ("instruction", "x"));
        using HttpResponseMessage tooLarge = await client.SendAsync(large, TestEnd);
        using var slow = new TcpClient();
        await slow.ConnectAsync(app.Address.Host, app.Address.Port, TestEnd);
        await slow.GetStream()
            .WriteAsync(
                "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"u8.ToArray(),
                TestEnd
            );
        using var reader = new StreamReader(slow.GetStream(), Encoding.ASCII);
        string? answer = await reader.ReadLineAsync(TestEnd).AsTask().WaitAsync(ApiApplication.Patience, TestEnd);

        await tooLarge.ProblemAsync(413, "body_too_large");
        Assert.Equal("HTTP/1.1 408 Request Timeout", answer);
    }

    [Fact]
    public async Task Post_WhatNeverFits_Is507()
    {
        await using var app = new ApiApplication { Settings = { ["Queue:MaxPixelsPerEdit"] = "4096" } };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = JobRequests.Good(("size", "128x128"));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ProblemAsync(507, "too_large_for_memory");
    }

    [Fact]
    public async Task Edit_DurableAndCancelledByItsId_Is424()
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        using HttpRequestMessage request = EditRequests.Good(("steps", "100")).With("Idempotency-Key", "k");
        Task<HttpResponseMessage> edit = client.SendAsync(request, TestEnd);
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
        using HttpResponseMessage list = await client.GetAsync("/v1/jobs", TestEnd);
        string id = (await list.JsonAsync()).GetProperty("data")[0].GetProperty("id").GetString()!;

        using HttpResponseMessage deleted = await client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        app.Pipeline.Permits.Release(1_000);
        using HttpResponseMessage answer = await edit;

        Assert.Equal(202, (int)deleted.StatusCode);
        await answer.ProblemAsync(424, "job_failed");
    }

    private static HttpRequestMessage[] Every(string id) =>
        [
            JobRequests.Good(),
            new(HttpMethod.Get, "/v1/jobs"),
            new(HttpMethod.Get, $"/v1/jobs/{id}"),
            new(HttpMethod.Get, $"/v1/jobs/{id}/events"),
            new(HttpMethod.Get, $"/v1/jobs/{id}/result"),
            new(HttpMethod.Get, $"/v1/jobs/{id}/results/0"),
            new(HttpMethod.Delete, $"/v1/jobs/{id}"),
        ];

    private static async Task<int> StatusAsync(
        HttpClient client,
        string id,
        string path,
        Action<HttpRequestMessage> change
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}/{path}");
        change(request);
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        return (int)response.StatusCode;
    }
}
