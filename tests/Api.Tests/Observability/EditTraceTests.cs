using System.Diagnostics;

namespace InstructDiffusion.Api.Tests.Observability;

[Collection(nameof(TelemetryTests))]
public sealed class EditTraceTests : IDisposable
{
    private readonly SpanCollector _spans = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Edit_Succeeds_HasASpanForEveryStage()
    {
        await using ApiApplication app = _spans.Server();
        using HttpClient client = await app.StartAsync();
        string trace = await SendAsync(client, 200, ("steps", "8"), ("seed", "5"));

        IReadOnlyList<Activity> spans = await _spans.TraceAsync(trace);
        Activity server = spans.Single(span => span.Kind == ActivityKind.Server);

        Assert.Equal(
            [
                "idiff.denoise",
                "idiff.image.decode",
                "idiff.image.encode",
                "idiff.queue.wait",
                "idiff.text.encode",
                "idiff.vae.decode",
                "idiff.vae.encode",
                "idiff.validate",
            ],
            spans.Except([server]).Select(span => span.OperationName).Order(StringComparer.Ordinal)
        );
        Activity validate = Named(spans, "idiff.validate");
        Assert.Equal(validate.SpanId, Named(spans, "idiff.image.decode").ParentSpanId);
        Assert.All(
            spans.Except([server, Named(spans, "idiff.image.decode")]),
            span => Assert.Equal(server.SpanId, span.ParentSpanId)
        );
        Assert.Equal(["25%", "50%", "75%"], Named(spans, "idiff.denoise").Events.Select(quarter => quarter.Name));
        Assert.Equal(8, Named(spans, "idiff.denoise").GetTagItem("idiff.steps"));
        Assert.Equal("fake", server.GetTagItem("gen_ai.request.model"));
        Assert.Equal(5L, server.GetTagItem("gen_ai.request.seed"));
        Assert.Equal("miss", server.GetTagItem("idiff.cache"));
    }

    [Fact]
    public async Task Edit_Succeeds_ItsStagesFollowOneAnother()
    {
        await using ApiApplication app = _spans.Server();
        using HttpClient client = await app.StartAsync();
        string trace = await SendAsync(client, 200);

        IReadOnlyList<Activity> spans = await _spans.TraceAsync(trace);

        string[] order =
        [
            "idiff.queue.wait",
            "idiff.text.encode",
            "idiff.vae.encode",
            "idiff.denoise",
            "idiff.vae.decode",
        ];
        foreach ((string before, string after) in order.Zip(order[1..]))
        {
            Activity first = Named(spans, before);
            // No span is shorter than a tick.
            TimeSpan gap = Named(spans, after).StartTimeUtc - (first.StartTimeUtc + first.Duration);
            Assert.InRange(gap.Ticks, -1, 0);
        }
        // As the fake pipeline says.
        Assert.Equal(TimeSpan.FromMilliseconds(2), Named(spans, "idiff.denoise").Duration);
        Assert.Equal(TimeSpan.FromMilliseconds(3), Named(spans, "idiff.vae.decode").Duration);
    }

    [Fact]
    public async Task Edit_Fails_ItsSpanSaysSo()
    {
        await using ApiApplication app = _spans.Server();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.OnStep = _ => throw new ArithmeticException("scripted");
        string trace = await SendAsync(client, 500);

        Activity denoise = Named(await _spans.TraceAsync(trace), "idiff.denoise");

        Assert.Equal(ActivityStatusCode.Error, denoise.Status);
    }

    [Fact]
    public async Task Edit_Joined_LinksToTheOneItWaitsFor()
    {
        await using ApiApplication app = _spans.Server();
        using HttpClient client = await app.StartAsync();
        app.Pipeline.Permits = new SemaphoreSlim(0);
        Task<string> first = SendAsync(client, 200, ("seed", "7"));
        await ApiApplication.Until(() => app.Pipeline.Prepared == 2);
        Task<string> second = SendAsync(client, 200, ("seed", "7"));
        await Metrics.UntilAsync(client, "idiff_cache_requests_total", 1, ("result", "coalesced"));
        app.Pipeline.Permits.Release(100);

        IReadOnlyList<Activity> spans = await _spans.TraceAsync(await second);

        ActivityLink link = Assert.Single(Named(spans, "idiff.coalesced").Links);
        Assert.Equal(await first, link.Context.TraceId.ToHexString());
        Assert.DoesNotContain(spans, span => span.OperationName == "idiff.denoise");
    }

    [Fact]
    public async Task Edit_Remembered_HasNoSpansOfTheEngine()
    {
        await using ApiApplication app = _spans.Server();
        using HttpClient client = await app.StartAsync();
        await SendAsync(client, 200, ("seed", "7"));
        string trace = await SendAsync(client, 200, ("seed", "7"));

        IReadOnlyList<Activity> spans = await _spans.TraceAsync(trace);

        Assert.DoesNotContain(spans, span => span.OperationName == "idiff.queue.wait");
        Assert.Equal("hit", spans.Single(span => span.Kind == ActivityKind.Server).GetTagItem("idiff.cache"));
    }

    [Fact]
    public async Task TraceParent_OfTheClient_IsTheServerSpansParent()
    {
        await using ApiApplication app = _spans.Server();
        using HttpClient client = await app.StartAsync();
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        using HttpRequestMessage request = EditRequests.Good();
        request.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        IReadOnlyList<Activity> spans = await _spans.TraceAsync(trace);

        Assert.Equal(
            "00f067aa0ba902b7",
            spans.Single(span => span.Kind == ActivityKind.Server).ParentSpanId.ToHexString()
        );
        Assert.Contains(spans, span => span.OperationName == "idiff.denoise");
    }

    [Fact]
    public async Task TraceParent_OfAClientThatDoesNotTrace_LeavesNoSpans()
    {
        await using ApiApplication app = _spans.Server();
        using HttpClient client = await app.StartAsync();
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4737";
        using HttpRequestMessage request = EditRequests.Good();
        request.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-00");
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        await _spans.TraceAsync(await SendAsync(client, 200));

        Assert.DoesNotContain(_spans.Spans, span => span.TraceId.ToHexString() == trace);
    }

    public void Dispose() => _spans.Dispose();

    private static Activity Named(IReadOnlyList<Activity> spans, string name) =>
        spans.Single(span => span.OperationName.Equals(name, StringComparison.Ordinal));

    /// <summary>Sends an edit in a trace of its own, and gives the trace's id.</summary>
    private static async Task<string> SendAsync(
        HttpClient client,
        int status,
        params (string Name, string Value)[] fields
    )
    {
        string trace = ActivityTraceId.CreateRandom().ToHexString();
        using HttpRequestMessage request = EditRequests.Good(fields);
        request.Headers.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        Assert.Equal(status, (int)response.StatusCode);
        return trace;
    }
}
