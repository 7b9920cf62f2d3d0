using System.Diagnostics;
using System.Diagnostics.Metrics;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Observability;

/// <summary>
/// How long each stage of an edit takes. Not a service: pictures are decoded and encoded where no server is at hand.
/// </summary>
internal static class StageMetrics
{
    private static readonly Meter Meter = new(Telemetry.Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "idiff.stage.duration",
        "s",
        "Time that one edit spent in a stage.",
        tags: null,
        Telemetry.Seconds
    );

    /// <summary>One edit spent this long in a stage.</summary>
    public static void Record(EditStage stage, TimeSpan time) =>
        Duration.Record(time.TotalSeconds, new KeyValuePair<string, object?>("stage", Label<EditStage>.Of(stage)));

    /// <summary>The engine has made an edit.</summary>
    public static void Record(EditResult result)
    {
        Record(EditStage.Text, result.TextTime);
        Record(EditStage.VaeEnc, result.PrepareTime - result.TextTime);
        Record(EditStage.Denoise, result.DenoiseTime);
        Record(EditStage.VaeDec, result.FinishTime);
    }

    /// <summary>A stage that begins now and ends with the result's disposal, as a span and a measurement.</summary>
    public static RunningStage Begin(EditStage stage) => new(stage);

    /// <summary>See <see cref="Begin"/>.</summary>
    internal readonly struct RunningStage(EditStage stage) : IDisposable
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        private readonly Activity? _span = Telemetry.Spans.StartActivity(stage.SpanName());

        /// <summary>Time since it began.</summary>
        public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

        public void Dispose()
        {
            Record(stage, Elapsed);
            _span?.Dispose();
        }
    }
}
