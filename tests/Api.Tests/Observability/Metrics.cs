namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>Looks at /metrics.</summary>
internal static class Metrics
{
    public static async Task<PrometheusText> ReadAsync(HttpClient client) =>
        PrometheusText.Parse(await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken));

    /// <summary>Waits until the samples of this name and these labels sum up to at least this.</summary>
    public static async Task<PrometheusText> UntilAsync(
        HttpClient client,
        string name,
        double least,
        params (string Key, string Value)[] labels
    )
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(ApiApplication.Patience);
        PrometheusText text;
        while ((text = await ReadAsync(client)).Sum(name, labels) is not { } sum || sum < least)
        {
            Assert.False(
                patience.IsCancellationRequested,
                $"{name} stays at {text.Sum(name, labels)}; there is {string.Join(' ', text.Types.Keys)}"
            );
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        return text;
    }
}
