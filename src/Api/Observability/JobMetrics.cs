using System.Diagnostics.Metrics;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Streaming;

namespace InstructDiffusion.Api.Observability;

/// <summary>Jobs, and whoever follows them.</summary>
internal sealed class JobMetrics
{
    private readonly TimeProvider _time;
    private readonly SeriesCounter _expired;
    private readonly SeriesCounter _redelivered;
    private readonly SeriesCounter _webhooks;
    private volatile JobCounts? _counts;

    public JobMetrics(IMeterFactory meters, EventStreams streams, TimeProvider time)
    {
        _time = time;
        Meter meter = meters.Create(Telemetry.Name);
        meter.CreateObservableGauge("idiff.jobs", Counts, "{job}", "Jobs in the store, of all servers that share it.");
        meter.CreateObservableGauge(
            "idiff.jobs.oldest.age",
            OldestAge,
            "s",
            "Age of the job that has waited longest; 0 when none waits."
        );
        _expired = new SeriesCounter(
            meter,
            "idiff.jobs.lease.expired",
            "{lease}",
            "Leases that ran out: their servers died, or fell silent.",
            [],
            [
                [],
            ]
        );
        _redelivered = new SeriesCounter(
            meter,
            "idiff.jobs.redelivered",
            "{run}",
            "Runs of jobs that had been begun before.",
            [],
            [
                [],
            ]
        );
        _webhooks = new SeriesCounter(
            meter,
            "idiff.webhook.attempts",
            "{attempt}",
            "Reports sent to clients' addresses.",
            ["result"],
            Label<WebhookOutcome>.All.Select(result => new string?[] { result })
        );
        meter.CreateObservableGauge("idiff.sse.connections", () => streams.Open, "{connection}", "Event streams open.");
    }

    /// <summary>The store was looked at; null when it could not be.</summary>
    public void Counted(JobCounts? counts) => _counts = counts;

    /// <summary>A lease ran out.</summary>
    public void LeaseExpired() => _expired.Add();

    /// <summary>A run begins.</summary>
    public void Begun(Job job)
    {
        if (job.Run > 1)
        {
            _redelivered.Add();
        }
    }

    /// <summary>A report was sent.</summary>
    public void Reported(WebhookOutcome outcome) => _webhooks.Add(Label<WebhookOutcome>.Of(outcome));

    private IEnumerable<Measurement<int>> Counts() =>
        _counts is { } counts
            ? Enum.GetValues<JobStatus>()
                .Select(status => new Measurement<int>(
                    counts.ByStatus.GetValueOrDefault(status),
                    new KeyValuePair<string, object?>("state", Label<JobStatus>.Of(status))
                ))
            : [];

    private IEnumerable<Measurement<double>> OldestAge() =>
        _counts is { } counts
            ?
            [
                new Measurement<double>(
                    counts.OldestQueued is { } oldest ? (_time.GetUtcNow() - oldest).TotalSeconds : 0
                ),
            ]
            : [];
}
