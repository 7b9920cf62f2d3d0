namespace InstructDiffusion.Api.Tests.Observability;

[Collection(nameof(TelemetryTests))]
public sealed class OtlpTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_WithACollector_SendsItSpansMeasurementsAndLogs()
    {
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        await using (
            var app = new ApiApplication
            {
                Settings = { ["Telemetry:OtlpEndpoint"] = collector.Address, ["Telemetry:OtlpProtocol"] = "http" },
            }
        )
        {
            using HttpClient client = await app.StartAsync();
            using HttpRequestMessage request = EditRequests.Good();
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            Assert.Equal(200, (int)response.StatusCode);
            using HttpResponseMessage probe = await client.GetAsync("/health/ready", TestEnd);
        }

        Assert.Contains("idiff.denoise", collector.Received("/v1/traces"), StringComparison.Ordinal);
        Assert.DoesNotContain("/health", collector.Received("/v1/traces"), StringComparison.Ordinal);
        Assert.Contains("idiff.stage.duration", collector.Received("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("http.server.request.duration", collector.Received("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains("Edit {TraceId}", collector.Received("/v1/logs"), StringComparison.Ordinal);
        foreach (string path in new[] { "/v1/traces", "/v1/metrics", "/v1/logs" })
        {
            Assert.DoesNotContain("make it winter", collector.Received(path), StringComparison.Ordinal);
            Assert.Contains("instructdiffusion", collector.Received(path), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Server_CollectorDoesNotAnswer_ServesAllTheSame()
    {
        await using var app = new ApiApplication
        {
            // Nobody listens on port 9, the discard service.
            Settings = { ["Telemetry:OtlpEndpoint"] = "http://127.0.0.1:9" },
        };
        using HttpClient client = await app.StartAsync();

        using HttpRequestMessage request = EditRequests.Good();
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
    }
}
