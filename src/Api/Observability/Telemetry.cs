using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace InstructDiffusion.Api.Observability;

/// <summary>Names and scales that all measurements and traces of this server share.</summary>
internal static class Telemetry
{
    /// <summary>Name of the meter and of the source of spans.</summary>
    public const string Name = "InstructDiffusion";

    /// <summary>Name of the source of the engine's own spans.</summary>
    public const string EngineName = "InstructDiffusion.Engine";

    /// <summary>Where spans come from; silent unless traces are exported.</summary>
    public static readonly ActivitySource Spans = new(Name);

    /// <summary>Bounds of buckets for times: from a step on a fast device to a long edit on a slow one.</summary>
    public static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300],
    };

    /// <summary>Bounds of buckets for single steps, which on a fast device take milliseconds.</summary>
    public static readonly InstrumentAdvice<double> StepSeconds = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.02, .. Seconds.HistogramBucketBoundaries!],
    };

    /// <summary>Bounds of buckets for what is counted in a step.</summary>
    public static readonly InstrumentAdvice<int> Counts = new()
    {
        HistogramBucketBoundaries = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64],
    };

    /// <summary>Bounds of buckets for actual over predicted.</summary>
    public static readonly InstrumentAdvice<double> Ratios = new()
    {
        HistogramBucketBoundaries = [0.25, 0.5, 0.67, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 4],
    };
}
