namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>Every measurement that is ours, as docs/observability.md lists it and Prometheus shows it.</summary>
internal static class MetricsTable
{
    private static readonly string[] Classes = ["interactive", "standard", "batch"];

    private static readonly string[] Canvases = ["256", "384", "512", "640", "768", "1024", "1536", "2048", "larger"];

    private static readonly string[] Rows =
    [
        "1",
        "2",
        "3",
        "4",
        "6",
        "8",
        "12",
        "16",
        "24",
        "32",
        "48",
        "64",
        "larger",
    ];

    /// <summary>Labels whose values are a list of their own.</summary>
    private static readonly string[] AnyValue = [];

    public static IReadOnlyList<Row> All { get; } =
    [
        new(
            "gen_ai.server.request.duration",
            "gen_ai_server_request_duration_seconds",
            "histogram",
            new()
            {
                ["gen_ai_operation_name"] = ["generate_content"],
                ["gen_ai_provider_name"] = ["instructdiffusion"],
                ["gen_ai_request_model"] = ["", "fake"],
                ["gen_ai_output_type"] = ["image", "json"],
                ["error_type"] = [.. Errors.ProblemCodes],
            }
        ),
        new("idiff.queue.depth", "idiff_queue_depth", "gauge", new() { ["class"] = Classes, ["bucket"] = Canvases }),
        new("idiff.queue.cost", "idiff_queue_cost_seconds", "gauge", new() { ["class"] = Classes }),
        new("idiff.queue.oldest.age", "idiff_queue_oldest_age_seconds", "gauge", new() { ["class"] = Classes }),
        new(
            "idiff.queue.wait.duration",
            "idiff_queue_wait_duration_seconds",
            "histogram",
            new() { ["class"] = Classes }
        ),
        new(
            "idiff.admission.decisions",
            "idiff_admission_decisions_total",
            "counter",
            new()
            {
                ["decision"] = ["accept", "reject"],
                ["reason"] = ["queue_full", "deadline", "quota", "draining", "too_big", "quarantined", "not_ready"],
            }
        ),
        new("idiff.prediction.error", "idiff_prediction_error", "histogram", new() { ["class"] = Classes }),
        new(
            "idiff.deadline.misses",
            "idiff_deadline_misses_total",
            "counter",
            new() { ["phase"] = ["queued", "running"] }
        ),
        new("idiff.engine.step.duration", "idiff_engine_step_duration_seconds", "histogram", new() { ["rows"] = Rows }),
        new("idiff.engine.batch.rows", "idiff_engine_batch_rows", "histogram", new() { ["bucket"] = Canvases }),
        new("idiff.engine.batch.requests", "idiff_engine_batch_requests", "histogram", new() { ["bucket"] = Canvases }),
        new("idiff.ready", "idiff_ready", "gauge", []),
        new("idiff.engine.slots.active", "idiff_engine_slots_active", "gauge", []),
        new("idiff.engine.slots.limit", "idiff_engine_slots_limit", "gauge", []),
        new("idiff.engine.busy.ratio", "idiff_engine_busy_ratio", "gauge", []),
        new("idiff.engine.steps", "idiff_engine_steps_total", "counter", new() { ["result"] = ["useful", "wasted"] }),
        new("idiff.engine.restarts", "idiff_engine_restarts_total", "counter", []),
        new("idiff.engine.stalls", "idiff_engine_stalls_total", "counter", []),
        new("idiff.engine.oom", "idiff_engine_oom_total", "counter", []),
        new("idiff.engine.broken", "idiff_engine_broken_total", "counter", []),
        new("idiff.engine.quarantined", "idiff_engine_quarantined_total", "counter", []),
        new(
            "idiff.stage.duration",
            "idiff_stage_duration_seconds",
            "histogram",
            new() { ["stage"] = ["decode", "text", "vae_enc", "denoise", "vae_dec", "encode"] }
        ),
        new("idiff.request.first_preview.duration", "idiff_request_first_preview_duration_seconds", "histogram", []),
        new(
            "idiff.cancellations",
            "idiff_cancellations_total",
            "counter",
            new() { ["by"] = ["client", "delete", "deadline", "shutdown"], ["phase"] = ["queued", "running"] }
        ),
        new("idiff.cancel.latency", "idiff_cancel_latency_seconds", "histogram", []),
        new("idiff.gpu.memory.used", "idiff_gpu_memory_used_bytes", "gauge", new() { ["device"] = ["cpu"] }),
        new("idiff.gpu.memory.reserved", "idiff_gpu_memory_reserved_bytes", "gauge", new() { ["device"] = ["cpu"] }),
        new("idiff.gpu.memory.limit", "idiff_gpu_memory_limit_bytes", "gauge", new() { ["device"] = ["cpu"] }),
        new(
            "idiff.cache.requests",
            "idiff_cache_requests_total",
            "counter",
            new() { ["result"] = ["hit", "coalesced", "miss"] }
        ),
        new("idiff.cache.results.size", "idiff_cache_results_size_bytes", "gauge", []),
        new(
            "idiff.input.rejected",
            "idiff_input_rejected_total",
            "counter",
            new() { ["reason"] = [.. Errors.ProblemCodes] }
        ),
        new(
            "idiff.jobs",
            "idiff_jobs",
            "gauge",
            new() { ["state"] = ["queued", "running", "succeeded", "failed", "cancelled", "expired"] }
        ),
        new("idiff.jobs.oldest.age", "idiff_jobs_oldest_age_seconds", "gauge", []),
        new("idiff.jobs.lease.expired", "idiff_jobs_lease_expired_total", "counter", []),
        new("idiff.jobs.redelivered", "idiff_jobs_redelivered_total", "counter", []),
        new("idiff.sse.connections", "idiff_sse_connections", "gauge", []),
        new(
            "idiff.webhook.attempts",
            "idiff_webhook_attempts_total",
            "counter",
            new() { ["result"] = ["delivered", "refused", "unreachable"] }
        ),
        new(
            "idiff.build.info",
            "idiff_build_info",
            "gauge",
            new()
            {
                ["version"] = AnyValue,
                ["commit"] = AnyValue,
                ["model"] = ["", "fake"],
                ["weights"] = [""],
                ["device"] = ["cpu"],
            }
        ),
    ];

    /// <summary>What a real model adds, and the fake one of the tests has not.</summary>
    public static IReadOnlyList<Row> OfRealModels { get; } =
    [
        new(
            "idiff.cache.conditioning.size",
            "idiff_cache_conditioning_size_bytes",
            "gauge",
            new() { ["kind"] = ["text", "source"] }
        ),
        new(
            "idiff.cache.conditioning.requests",
            "idiff_cache_conditioning_requests_total",
            "counter",
            new() { ["kind"] = ["text", "source"], ["result"] = ["hit", "miss"] }
        ),
    ];

    /// <param name="Instrument">Its name in OpenTelemetry.</param>
    /// <param name="Name">Its name in Prometheus.</param>
    /// <param name="Type">counter, gauge or histogram.</param>
    /// <param name="Labels">Every label and its possible values; none listed for a value that is the server's own.</param>
    internal sealed record Row(string Instrument, string Name, string Type, Dictionary<string, string[]> Labels)
    {
        /// <summary>The names of its samples.</summary>
        public IEnumerable<string> Samples =>
            Type == "histogram" ? [$"{Name}_bucket", $"{Name}_sum", $"{Name}_count"] : [Name];
    }

    private static class Errors
    {
        public static IEnumerable<string> ProblemCodes => Api.Errors.ProblemKind.All.Select(kind => kind.Code);
    }
}
