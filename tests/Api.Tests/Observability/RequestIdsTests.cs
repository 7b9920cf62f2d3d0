using System.Diagnostics;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Observability;

public sealed class RequestIdsTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new();
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0b9d1c6e-6f4c-4c0e-9b87-3ad6f0d0a1f2")]
    [InlineData("req_abc.DEF-123:/+=")]
    public async Task Request_IdOfItsOwn_GetsItBack(string id) => Assert.Equal(id, await IdOfAsync("/health/live", id));

    [Theory]
    [InlineData("with space")]
    [InlineData("quote\"")]
    [InlineData("<script>")]
    [InlineData("back\\slash")]
    [InlineData("")]
    public async Task Request_IdThatCouldHarmALog_GetsAnother(string id)
    {
        string given = await IdOfAsync("/health/live", id);

        Assert.NotEqual(id, given);
        Assert.Matches("^[0-9a-f]{32}$", given);
    }

    [Fact]
    public async Task Request_LongId_IsTakenUpTo128Characters()
    {
        string longest = new('a', 128);

        Assert.Equal(longest, await IdOfAsync("/health/live", longest));
        Assert.NotEqual(longest + "a", await IdOfAsync("/health/live", longest + "a"));
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/v1/edits")] // 405
    public async Task Request_ThatFails_HasAnIdToo(string path) => Assert.Equal("mine", await IdOfAsync(path, "mine"));

    [Fact]
    public async Task Edit_Logged_CanBeFoundByItsId()
    {
        using HttpRequestMessage request = EditRequests.Good();
        request.Headers.Add("X-Request-Id", "find-me");
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await ApiApplication.Until(() =>
            _app.Logs.Lines.Any(line => line.Contains("request find-me", StringComparison.Ordinal))
        );
        string line = _app.Logs.Lines.Single(line => line.Contains("request find-me", StringComparison.Ordinal));
        Assert.Contains("200 ok", line, StringComparison.Ordinal);
        Assert.Contains("caller -, class standard, cache -", line, StringComparison.Ordinal);
        Assert.DoesNotContain(_app.Logs.Lines, other => other.Contains("make it winter", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TraceParent_WellFormed_IsContinued()
    {
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";

        Assert.Equal(trace, await TraceOfAsync($"00-{trace}-00f067aa0ba902b7-01"));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-and-more-than-allowed")]
    [InlineData("zz-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
    public async Task TraceParent_Garbage_IsIgnored(string traceParent)
    {
        string trace = await TraceOfAsync(traceParent);

        Assert.Matches("^[0-9a-f]{32}$", trace);
        Assert.NotEqual(default, ActivityTraceId.CreateFromString(trace));
        Assert.DoesNotContain(trace, traceParent, StringComparison.Ordinal);
    }

    private async Task<string> IdOfAsync(string path, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("X-Request-Id", id);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        return response.Headers.GetValues("X-Request-Id").Single();
    }

    // Problems tell the trace that their request belongs to.
    private async Task<string> TraceOfAsync(string traceParent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.TryAddWithoutValidation("traceparent", traceParent);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        JsonElement problem = await response.ProblemAsync(404, "not_found");
        return problem.GetProperty("traceId").GetString()!;
    }
}
