using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace InstructDiffusion.Api.Tests.Jobs.Routes;

public sealed class JobEventsTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new() { Settings = { ["Queue:MaxRunningEdits"] = "1" } };
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await _app.StartAsync();
        _app.Pipeline.Permits = new SemaphoreSlim(0);
    }

    public async ValueTask DisposeAsync()
    {
        _app.Pipeline.Permits?.Release(10_000);
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Get_FromTheBeginning_TellsTheWholeStoryInOrder()
    {
        await _client.UntilAsync(await _client.CreateAsync(), "running");
        string id = await _client.CreateAsync(("steps", "4"));
        await using EventReader events = await OpenAsync(id);
        Told first = await events.NextAsync();

        _app.Pipeline.Permits!.Release(1_000);
        List<Told> rest = await events.RestAsync();

        Assert.Equal("queued", first.Type);
        Assert.Equal(1, first.Data.GetProperty("position").GetInt32());
        Assert.Equal("started", rest[0].Type);
        Assert.Equal("completed", rest[^1].Type);
        Assert.Equal("succeeded", rest[^1].Data.GetProperty("status").GetString());
        Told[] steps = [.. rest.Where(told => told.Type == "progress")];
        Assert.Equal(
            (4, 4),
            (steps[^1].Data.GetProperty("step").GetInt32(), steps[^1].Data.GetProperty("of").GetInt32())
        );
        long[] ids = [first.Id, .. rest.Select(told => told.Id)];
        Assert.Equal(ids.Order().Distinct(), ids);
        Assert.DoesNotContain(rest, told => told.Type == "preview");
    }

    [Fact]
    public async Task Get_Headers_AreThoseOfAStreamThatNobodyHoldsBack()
    {
        string id = await _client.CreateAsync();
        await using EventReader events = await OpenAsync(id);

        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no", events.Response.Header("X-Accel-Buffering"));
        Assert.Equal("no-store", events.Response.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Get_WithLastEventId_GoesOnWhereItWas()
    {
        string id = await _client.CreateAsync(("steps", "6"));
        await using EventReader before = await OpenAsync(id);
        _app.Pipeline.Permits!.Release(3);
        Told seen;
        do
        {
            seen = await before.NextAsync();
        } while (seen.Type != "progress" || seen.Data.GetProperty("step").GetInt32() < 2);
        await before.DisposeAsync();
        _app.Pipeline.Permits.Release(2);
        await ApiApplication.Until(() => _app.Pipeline.Steps.Count(names => names.Contains("make it winter")) >= 5);

        await using EventReader after = await OpenAsync(id, seen.Id.ToString(CultureInfo.InvariantCulture));
        _app.Pipeline.Permits.Release(1_000);
        List<Told> rest = await after.RestAsync();

        // Also the steps in between, while nobody listened.
        Assert.Equal(
            Enumerable.Range(
                seen.Data.GetProperty("step").GetInt32() + 1,
                6 - seen.Data.GetProperty("step").GetInt32()
            ),
            rest.Where(told => told.Type == "progress").Select(told => told.Data.GetProperty("step").GetInt32())
        );
        Assert.Equal("completed", rest[^1].Type);
        Assert.All(rest, told => Assert.True(told.Id > seen.Id));
    }

    [Fact]
    public async Task Get_EndedJob_TellsTheEndAndIs204ToWhomKnowsIt()
    {
        _app.Pipeline.Permits!.Release(1_000);
        string id = await _client.CreateAsync();
        await _client.EndAsync(id);

        await using EventReader events = await OpenAsync(id);
        Told told = Assert.Single(await events.RestAsync());
        using HttpRequestMessage again = Request(id, told.Id.ToString(CultureInfo.InvariantCulture));
        using HttpResponseMessage nothing = await _client.SendAsync(again, TestEnd);

        Assert.Equal("completed", told.Type);
        Assert.Equal(204, (int)nothing.StatusCode);
    }

    [Fact]
    public async Task Get_JobThatFails_TellsWhy()
    {
        _app.Pipeline.OnFinish = _ => throw new Engine.Editing.NonFiniteImageException("It gave NaN.");
        string id = await _client.CreateAsync();
        await using EventReader events = await OpenAsync(id);

        _app.Pipeline.Permits!.Release(1_000);
        Told told = (await events.RestAsync())[^1];

        Assert.Equal("failed", told.Type);
        Assert.Equal("non_finite_image", told.Data.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_JobThatIsCancelled_TellsSo(bool isRunning)
    {
        string running = await _client.CreateAsync(("steps", "50"));
        await _client.UntilAsync(running, "running");
        string id = isRunning ? running : await _client.CreateAsync();
        await using EventReader events = await OpenAsync(id);
        await events.NextAsync();

        using HttpResponseMessage deleted = await _client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        _app.Pipeline.Permits!.Release(2);
        Told told = (await events.RestAsync())[^1];

        Assert.Equal("cancelled", told.Type);
    }

    [Fact]
    public async Task Get_PreviewsAskedFor_TellsThemToWhomAskedAlone()
    {
        string id = await _client.CreateAsync(("steps", "4"), ("preview_every", "2"));
        await _client.UntilAsync(id, "running");
        await using EventReader with = await OpenAsync(id, query: "?previews=true");
        await using EventReader without = await OpenAsync(id, query: "?previews=false");
        await with.NextAsync();
        await without.NextAsync();

        _app.Pipeline.Permits!.Release(1_000);
        List<Told> told = await with.RestAsync();
        List<Told> others = await without.RestAsync();

        Told preview = Assert.Single(told, one => one.Type == "preview");
        Assert.Equal("jpeg", preview.Data.GetProperty("format").GetString());
        Assert.Equal((2, 4), (preview.Data.GetProperty("step").GetInt32(), preview.Data.GetProperty("of").GetInt32()));
        Assert.Equal(
            ImageFileFormat.Jpeg,
            ImageCodec.ReadHeader(preview.Data.GetProperty("image").GetBytesFromBase64()).Format
        );
        Assert.DoesNotContain(others, one => one.Type == "preview");
        Assert.Equal(("completed", "completed"), (told[^1].Type, others[^1].Type));
    }

    [Fact]
    public async Task Get_PreviewsIsNeitherTrueNorFalse_Is422()
    {
        string id = await _client.CreateAsync();

        using HttpResponseMessage response = await _client.GetAsync($"/v1/jobs/{id}/events?previews=often", TestEnd);

        await response.ProblemAsync(422, "invalid_parameter");
    }

    [Fact]
    public async Task Get_ServerStops_AsksToReconnectAndTheNextServerGoesOn()
    {
        using var folder = new TempFolder();
        var first = new ApiApplication { DataFolder = folder.Path, Settings = { ["Server:ShutdownSeconds"] = "1" } };
        using HttpClient client = await first.StartAsync();
        first.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await client.CreateAsync(("steps", "500"));
        await using EventReader events = await OpenAsync(id, client: client);
        Told told;
        do
        {
            told = await events.NextAsync();
        } while (told.Type != "started");

        first.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        List<Told> last = await events.RestAsync();
        await first.StopSlowlyAsync();
        await using var second = new ApiApplication { DataFolder = folder.Path };
        using HttpClient next = await second.StartAsync();
        await using EventReader after = await OpenAsync(
            id,
            told.Id.ToString(CultureInfo.InvariantCulture),
            client: next
        );
        List<Told> rest = await after.RestAsync();

        Assert.Equal("reconnect", last[^1].Type);
        Assert.Equal("completed", rest[^1].Type);
        Assert.All(rest, one => Assert.True(one.Id > told.Id));
    }

    private async Task<EventReader> OpenAsync(
        string id,
        string? lastEventId = null,
        string query = "",
        HttpClient? client = null
    )
    {
        using HttpRequestMessage request = Request(id, lastEventId, query);
        HttpResponseMessage response = await (client ?? _client).SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestEnd
        );
        Assert.Equal(200, (int)response.StatusCode);
        return new EventReader(response, await response.Content.ReadAsStreamAsync(TestEnd));
    }

    private static HttpRequestMessage Request(string id, string? lastEventId = null, string query = "")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}/events{query}");
        return lastEventId is null ? request : request.With("Last-Event-ID", lastEventId);
    }

    /// <summary>One event.</summary>
    private sealed record Told(string Type, long Id, JsonElement Data);

    /// <summary>A client of a stream.</summary>
    private sealed class EventReader(HttpResponseMessage response, Stream stream) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<SseItem<string>> _items = SseParser
            .Create(stream)
            .EnumerateAsync(TestEnd)
            .GetAsyncEnumerator(TestEnd);

        public HttpResponseMessage Response => response;

        public async Task<Told> NextAsync()
        {
            Assert.True(await _items.MoveNextAsync().AsTask().WaitAsync(ApiApplication.Patience, TestEnd));
            SseItem<string> item = _items.Current;
            using JsonDocument data = JsonDocument.Parse(item.Data);
            return new Told(
                item.EventType,
                item.EventId is { Length: > 0 } id ? long.Parse(id, CultureInfo.InvariantCulture) : 0,
                data.RootElement.Clone()
            );
        }

        public async Task<List<Told>> RestAsync()
        {
            List<Told> all = [];
            while (await _items.MoveNextAsync().AsTask().WaitAsync(ApiApplication.Patience, TestEnd))
            {
                SseItem<string> item = _items.Current;
                using JsonDocument data = JsonDocument.Parse(item.Data);
                all.Add(
                    new Told(
                        item.EventType,
                        item.EventId is { Length: > 0 } id ? long.Parse(id, CultureInfo.InvariantCulture) : 0,
                        data.RootElement.Clone()
                    )
                );
            }
            return all;
        }

        public ValueTask DisposeAsync()
        {
            response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
