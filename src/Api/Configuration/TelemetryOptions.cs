using System.ComponentModel.DataAnnotations;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Section <c>Telemetry</c>: where measurements and traces go.</summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>Whether GET /metrics serves measurements in Prometheus' format.</summary>
    public bool Metrics { get; init; } = true;

    /// <summary>An address of its own for /metrics, e.g. <c>http://*:9464</c>, so that it need not be reachable from outside; null serves it beside the API.</summary>
    [Url]
    public string? MetricsUrl { get; init; }

    /// <summary>
    /// A collector that takes OTLP; null sends nothing, unless the usual variable OTEL_EXPORTER_OTLP_ENDPOINT names one. The other
    /// variables of OpenTelemetry (headers, timeouts, resource attributes) work as they do elsewhere.
    /// </summary>
    [Url]
    public string? OtlpEndpoint { get; init; }

    /// <summary>How the collector is spoken to: <c>grpc</c>, usually on port 4317, or <c>http</c>, usually on port 4318.</summary>
    [AllowedValues("grpc", "http", ErrorMessage = "Telemetry:OtlpProtocol must be grpc or http.")]
    public string OtlpProtocol { get; init; } = "grpc";

    /// <summary>Share of requests that are traced, of those whose caller does not decide by <c>traceparent</c>.</summary>
    [Range(0.0, 1.0)]
    public double TraceRatio { get; init; } = 1;
}
