using InstructDiffusion.Api.Tests.Jobs;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>A workload that touches everything, and a look whether every measurement is there, and nothing else.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class MetricsTableTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new() { Settings = { ["Queue:MaxRunningEdits"] = "2" } };
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Get_AfterAllKindsOfWork_ServesEveryMeasurementOfTheTableWithItsLabels()
    {
        await WorkAsync(1);
        PrometheusText text = await Metrics.UntilAsync(_client, "idiff_jobs", 1, ("state", "succeeded"));

        Assert.All(MetricsTable.All, row => Assert.Equal(row.Type, text.Types.GetValueOrDefault(row.Name)));
        Assert.All(
            MetricsTable.All.SelectMany(row => row.Samples),
            name => Assert.Contains(text.Samples, sample => sample.Name == name)
        );
        foreach (PrometheusText.Sample sample in text.Samples.Where(IsOurs))
        {
            MetricsTable.Row row = MetricsTable.All.Single(one => one.Samples.Contains(sample.Name));
            foreach ((string label, string value) in sample.Labels.Where(label => label.Key != "le"))
            {
                Assert.True(row.Labels.TryGetValue(label, out string[]? values), $"{sample.Name} has a label {label}");
                Assert.True(values.Length == 0 || values.Contains(value), $"{sample.Name}{{{label}=\"{value}\"}}");
            }
        }
    }

    [Fact]
    public async Task Get_AfterMoreWorkWithOtherValues_HasNoMoreSeries()
    {
        await WorkAsync(1);
        PrometheusText before = await Metrics.UntilAsync(_client, "idiff_jobs", 1, ("state", "succeeded"));

        await WorkAsync(2);
        PrometheusText after = await Metrics.UntilAsync(_client, "idiff_jobs", 2, ("state", "succeeded"));

        Assert.Equal(Series(before), Series(after));
    }

    [Fact]
    public void Document_EveryMeasurement_HasItsRow()
    {
        string document = File.ReadAllText(RepositoryRoot.Of("docs", "observability.md"));

        Assert.All(
            MetricsTable.All.Concat(MetricsTable.OfRealModels),
            row => Assert.Contains($"`{row.Instrument}`", document, StringComparison.Ordinal)
        );
    }

    // All of it twice would be the same but for the values that must not become labels: words, seeds, ids.
    private async Task WorkAsync(int turn)
    {
        await SendAsync(200, ("instruction", $"words {turn}"), ("seed", $"{turn}"));
        await SendAsync(200, ("instruction", $"words {turn}"), ("seed", $"{turn}"));
        await SendAsync(422, ("instruction", $"words {turn}"), ("steps", $"-{turn}"));
        await WatchAsync(turn);
        await GiveUpAsync(turn);
        await _client.EndAsync(await _client.CreateAsync(("seed", $"{100 + turn}")));
        await Metrics.UntilAsync(_client, "idiff_cancel_latency_seconds_count", turn);
        await Metrics.UntilAsync(_client, "idiff_prediction_error_count", turn);
    }

    private async Task WatchAsync(int turn)
    {
        using HttpRequestMessage request = Edit(("preview_every", "1"), ("instruction", $"watched {turn}"))
            .Accepting("text/event-stream");
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        Assert.Contains("event: preview", await response.Content.ReadAsStringAsync(TestEnd), StringComparison.Ordinal);
    }

    private async Task GiveUpAsync(int turn)
    {
        int before = _app.Pipeline.Prepared;
        int aborted = _app.Aborts.Count;
        _app.Pipeline.Permits = new SemaphoreSlim(0);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        using HttpRequestMessage request = Edit(("instruction", $"given up {turn}"));
        Task<HttpResponseMessage> sent = _client.SendAsync(request, leave.Token);
        await ApiApplication.Until(() => _app.Pipeline.Prepared == before + 1);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sent);
        await ApiApplication.Until(() => _app.Aborts.Count == aborted + 1);
        SemaphoreSlim permits = _app.Pipeline.Permits;
        _app.Pipeline.Permits = null;
        permits.Release(10);
    }

    private async Task SendAsync(int status, params (string Name, string Value)[] fields)
    {
        using HttpRequestMessage request = Edit(fields);
        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);
        Assert.Equal(status, (int)response.StatusCode);
    }

    private static HttpRequestMessage Edit(params (string Name, string Value)[] fields) =>
        EditRequests.Form(Pictures.Png(Pictures.Gradient()), fields);

    private static IEnumerable<string> Series(PrometheusText text) =>
        text
            .Samples.Where(IsOurs)
            .Select(sample =>
                $"{sample.Name} {string.Join(',', sample.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))}"
            )
            .Order(StringComparer.Ordinal);

    private static bool IsOurs(PrometheusText.Sample sample) =>
        sample.Name.StartsWith("idiff_", StringComparison.Ordinal)
        || sample.Name.StartsWith("gen_ai_", StringComparison.Ordinal);
}
