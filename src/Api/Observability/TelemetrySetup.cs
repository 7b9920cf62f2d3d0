using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Configuration;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace InstructDiffusion.Api.Observability;

/// <summary>
/// Measurements at GET /metrics, and measurements, traces and logs to a collector where one is named. Without a collector
/// nothing is traced.
/// </summary>
internal static class TelemetrySetup
{
    /// <summary>Series of one measurement; what is beyond is summed up in one.</summary>
    // .NET's own: memory, garbage collection, thread pool.
    private const string RuntimeMeter = "System.Runtime";

    private const int MostSeries = 400;

    private const string UsualEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string UsualName = "OTEL_SERVICE_NAME";

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        TelemetryOptions options = new();
        builder.Configuration.GetSection(TelemetryOptions.Section).Bind(options);
        IServiceCollection services = builder.Services;
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<QueueMetrics>();
        services.AddSingleton<CacheMetrics>();
        services.AddSingleton<BuildMetrics>();
        services.AddSingleton<DeviceMetrics>();
        services.AddSingleton<EngineMetrics>();
        services.AddSingleton<JobMetrics>();
        services.AddSingleton<MetricsAddress>();

        OpenTelemetryBuilder telemetry = services
            .AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource.AddService(
                    builder.Configuration[UsualName] ?? "instructdiffusion",
                    serviceVersion: BuildMetrics.Version
                )
            )
            .WithMetrics(metrics =>
            {
                metrics
                    .AddMeter(Telemetry.Name, RuntimeMeter)
                    .AddAspNetCoreInstrumentation()
                    // Each series has its place from the start, so this is memory too: some 100 bytes a place.
                    .AddView(_ => new MetricStreamConfiguration { CardinalityLimit = MostSeries });
                if (options.Metrics)
                {
                    metrics.AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false);
                }
            });
        if (options.OtlpEndpoint is not null || !string.IsNullOrEmpty(builder.Configuration[UsualEndpoint]))
        {
            telemetry.WithTracing(tracing => Trace(tracing, options)).WithLogging();
            Export(telemetry, options);
        }
        MetricsAddress.Listen(builder, options);
    }

    /// <summary>What is traced, and how much of it.</summary>
    internal static void Trace(TracerProviderBuilder tracing, TelemetryOptions options) =>
        tracing
            .AddSource(Telemetry.Name, Telemetry.EngineName)
            .AddAspNetCoreInstrumentation(aspNet => aspNet.Filter = http => !IsProbe(http))
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceRatio)));

    /// <summary>Maps GET /metrics.</summary>
    public static void MapTelemetry(this WebApplication app)
    {
        // Made now, so that they report from the start and not from the first request that needs them.
        app.Services.GetRequiredService<RequestMetrics>();
        app.Services.GetRequiredService<QueueMetrics>();
        app.Services.GetRequiredService<CacheMetrics>();
        app.Services.GetRequiredService<BuildMetrics>();
        app.Services.GetRequiredService<DeviceMetrics>();
        app.Services.GetRequiredService<EngineMetrics>();
        app.Services.GetRequiredService<JobMetrics>();
        if (app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value.Metrics)
        {
            app.MapPrometheusScrapingEndpoint(MetricsAddress.Path).RequireAuthorization(Scope.Metrics);
        }
    }

    private static void Export(OpenTelemetryBuilder telemetry, TelemetryOptions options)
    {
        if (options.OtlpEndpoint is null)
        {
            telemetry.UseOtlpExporter();
            return;
        }
        // One that cannot be read stops the start, as every wrong setting does, where they are all checked.
        if (Uri.TryCreate(options.OtlpEndpoint, UriKind.Absolute, out Uri? endpoint))
        {
            telemetry.UseOtlpExporter(
                options.OtlpProtocol is "http" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc,
                endpoint
            );
        }
    }

    private static bool IsProbe(HttpContext http) =>
        http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
        || http.Request.Path.StartsWithSegments(MetricsAddress.Path, StringComparison.Ordinal);
}
