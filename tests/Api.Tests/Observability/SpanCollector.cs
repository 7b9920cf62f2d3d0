using System.Collections.Concurrent;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>Keeps the spans that a server's tracing ends.</summary>
internal sealed class SpanCollector : BaseProcessor<Activity>
{
    private readonly ConcurrentQueue<Activity> _spans = new();

    /// <summary>All spans so far, in the order of their ends.</summary>
    public IReadOnlyList<Activity> Spans => [.. _spans];

    /// <summary>A server whose spans come here.</summary>
    public ApiApplication Server() =>
        new()
        {
            // Traces are on where a collector is named; nobody listens on port 9.
            Settings = { ["Telemetry:OtlpEndpoint"] = "http://127.0.0.1:9" },
            Adapted = services => services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(this)),
        };

    /// <summary>The spans of one trace, once its server span has ended.</summary>
    public async Task<IReadOnlyList<Activity>> TraceAsync(string traceId)
    {
        await ApiApplication.Until(() => Of(traceId).Any(span => span.Kind == ActivityKind.Server));
        return [.. Of(traceId)];
    }

    public override void OnEnd(Activity data) => _spans.Enqueue(data);

    private IEnumerable<Activity> Of(string traceId) =>
        _spans.Where(span => span.TraceId.ToHexString().Equals(traceId, StringComparison.Ordinal));
}
