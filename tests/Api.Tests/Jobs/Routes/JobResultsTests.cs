using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Api.Jobs.Work;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

public sealed class JobResultsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly ApiApplication _app;
    private HttpClient _client = null!;

    public JobResultsTests() => _app = new ApiApplication { Time = _time };

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _app.Pipeline.Permits?.Release(10_000);
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Get_Result_CanBeKeptByItsOwnerAndChecked()
    {
        string id = await _client.CreateAsync(("seed", "3"));
        await _client.EndAsync(id);

        using HttpResponseMessage response = await _client.GetAsync($"/v1/jobs/{id}/result", TestEnd);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync(TestEnd);
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));

        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(bytes.Length, response.Content.Headers.ContentLength);
        Assert.Equal($"\"{hash}\"", response.Headers.ETag?.ToString());
        Assert.Equal("max-age=86400, private, immutable", response.Header("Cache-Control"));
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:", response.Header("Repr-Digest"));
        Assert.Equal("inline; filename=edit-3.png", response.Header("Content-Disposition"));
        Assert.Equal("bytes", response.Header("Accept-Ranges"));
        JsonElement file = (await _client.JobAsync(id)).GetProperty("result").GetProperty("files")[0];
        Assert.Equal(hash, file.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Get_PartOfAResult_Is206OrWhatTheConditionSays()
    {
        string id = await _client.CreateAsync();
        await _client.EndAsync(id);
        byte[] whole = await _client.ResultAsync(id);
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(whole))}\"";

        using HttpRequestMessage wantsPart = Get(id);
        wantsPart.Headers.Range = new RangeHeaderValue(10, 19);
        using HttpResponseMessage part = await _client.SendAsync(wantsPart, TestEnd);
        using HttpRequestMessage wantsBeyond = Get(id);
        wantsBeyond.Headers.Range = new RangeHeaderValue(whole.Length, null);
        using HttpResponseMessage beyond = await _client.SendAsync(wantsBeyond, TestEnd);
        using HttpRequestMessage hasIt = Get(id).With("If-None-Match", tag);
        using HttpResponseMessage unchanged = await _client.SendAsync(hasIt, TestEnd);

        Assert.Equal(206, (int)part.StatusCode);
        Assert.Equal(whole[10..20], await part.Content.ReadAsByteArrayAsync(TestEnd));
        Assert.Equal(416, (int)beyond.StatusCode);
        Assert.Equal(304, (int)unchanged.StatusCode);
    }

    [Fact]
    public async Task Get_NoResultYet_Is409WithWhenToAskAgain()
    {
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await _client.CreateAsync();

        using HttpResponseMessage response = await _client.GetAsync($"/v1/jobs/{id}/result", TestEnd);

        await response.ProblemAsync(409, "job_not_finished");
        Assert.InRange(response.Headers.RetryAfter.Seconds(), 1, 120);
    }

    [Fact]
    public async Task Get_JobThatFailed_Is424WithTheReason()
    {
        _app.Pipeline.OnFinish = _ => throw new Engine.Editing.NonFiniteImageException("It gave NaN.");
        string id = await _client.CreateAsync();
        JsonElement job = await _client.EndAsync(id);

        using HttpResponseMessage response = await _client.GetAsync($"/v1/jobs/{id}/results/0", TestEnd);

        Assert.Equal("failed", job.GetProperty("status").GetString());
        Assert.Equal("non_finite_image", job.GetProperty("error").GetProperty("code").GetString());
        JsonElement problem = await response.ProblemAsync(424, "job_failed");
        Assert.Contains("It gave NaN", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ResultExpired_Is410AndItsFileIsDeleted()
    {
        string id = await _client.CreateAsync();
        await _client.EndAsync(id);
        var housekeeping = _app.Services.GetRequiredService<JobHousekeeping>();

        _time.Advance(TimeSpan.FromHours(25));
        await housekeeping.SweepAsync(TestEnd);
        await housekeeping.SweepBlobsAsync(TestEnd);
        using HttpResponseMessage response = await _client.GetAsync($"/v1/jobs/{id}/result", TestEnd);
        string status = await _client.StatusAsync(id);

        await response.ProblemAsync(410, "result_expired");
        Assert.Equal("expired", status);
        Assert.Empty(
            Directory.EnumerateFiles(
                Path.Combine(_app.Settings["Jobs:Path"], "blobs"),
                "*",
                SearchOption.AllDirectories
            )
        );
    }

    private static HttpRequestMessage Get(string id) => new(HttpMethod.Get, $"/v1/jobs/{id}/result");
}
