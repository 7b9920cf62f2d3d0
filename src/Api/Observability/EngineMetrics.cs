using System.Diagnostics.Metrics;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Observability;

/// <summary>What the engine does, from its own counters: nothing is counted twice, and its thread does next to nothing for it.</summary>
internal sealed class EngineMetrics
{
    private readonly EngineLoop _engine;
    private readonly IHostApplicationLifetime _life;
    private readonly BusyShare _busy;
    private readonly Histogram<double> _step;
    private readonly Histogram<int> _rows;
    private readonly Histogram<int> _edits;

    public EngineMetrics(
        IMeterFactory meters,
        EngineLoop engine,
        BatchLimits limits,
        IHostApplicationLifetime life,
        TimeProvider time
    )
    {
        (_engine, _life, _busy) = (engine, life, new BusyShare(time));
        Meter meter = meters.Create(Telemetry.Name);
        _step = meter.CreateHistogram(
            "idiff.engine.step.duration",
            "s",
            "Time of one denoising step, by its UNet rows.",
            tags: null,
            Telemetry.StepSeconds
        );
        _rows = meter.CreateHistogram(
            "idiff.engine.batch.rows",
            "{row}",
            "UNet rows of one step, by the canvas.",
            tags: null,
            Telemetry.Counts
        );
        _edits = meter.CreateHistogram(
            "idiff.engine.batch.requests",
            "{edit}",
            "Edits that share one step, by the canvas.",
            tags: null,
            Telemetry.Counts
        );
        meter.CreateObservableGauge("idiff.ready", Ready, "{engine}", "1 while edits are taken, else 0.");
        meter.CreateObservableGauge(
            "idiff.engine.slots.active",
            () => engine.Status.Running,
            "{edit}",
            "Edits in the engine."
        );
        meter.CreateObservableGauge(
            "idiff.engine.slots.limit",
            () => limits.MaxHeldEdits,
            "{edit}",
            "Edits that may be in the engine."
        );
        meter.CreateObservableGauge(
            "idiff.engine.busy.ratio",
            () => _busy.Of(engine.Counters.Read().Busy),
            "1",
            "Share of the last minute in which the engine worked."
        );
        Count(meter, "idiff.engine.oom", "{failure}", "Times the device's memory did not suffice.", c => c.OutOfMemory);
        Count(meter, "idiff.engine.broken", "{edit}", "Edits that broke the engine by themselves.", c => c.Broken);
        Count(
            meter,
            "idiff.engine.quarantined",
            "{edit}",
            "Edits refused because the very same had broken the engine.",
            c => c.Refused[RefusalReason.Quarantined]
        );
        Count(meter, "idiff.engine.stalls", "{stall}", "Times the engine fell silent.", c => c.Stalls);
        Count(
            meter,
            "idiff.engine.restarts",
            "{restart}",
            "Times the engine came back after it had fallen silent.",
            c => c.Stalls - (engine.Status.IsStalled ? 1 : 0)
        );
        meter.CreateObservableCounter(
            "idiff.engine.steps",
            Steps,
            "{step}",
            "Steps of edits that gave a picture, and of others."
        );
        engine.Counters.OnWork(OnSample);
    }

    // On the engine's thread.
    private void OnSample(StageSample sample)
    {
        if (sample.Stage != EngineStage.Step)
        {
            return;
        }
        var canvas = new KeyValuePair<string, object?>("bucket", Buckets.Of(sample.Size));
        _step.Record(sample.Time.TotalSeconds, new KeyValuePair<string, object?>("rows", Buckets.Of(sample.Rows)));
        _rows.Record(sample.Rows, canvas);
        _edits.Record(sample.Edits, canvas);
    }

    private int Ready()
    {
        EngineStatus status = _engine.Status;
        bool isReady = status.Phase == EnginePhase.Ready && !status.IsStalled;
        return isReady && !_life.ApplicationStopping.IsCancellationRequested ? 1 : 0;
    }

    private IEnumerable<Measurement<long>> Steps()
    {
        EngineCounts counts = _engine.Counters.Read();
        yield return new Measurement<long>(counts.UsefulSteps, new KeyValuePair<string, object?>("result", "useful"));
        yield return new Measurement<long>(counts.WastedSteps, new KeyValuePair<string, object?>("result", "wasted"));
    }

    private void Count(Meter meter, string name, string unit, string description, Func<EngineCounts, long> value) =>
        meter.CreateObservableCounter(name, () => value(_engine.Counters.Read()), unit, description);
}
