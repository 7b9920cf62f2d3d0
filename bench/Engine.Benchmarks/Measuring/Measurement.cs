using System.Diagnostics;
using InstructDiffusion.Engine.Models.Counting;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.Measuring;

/// <summary>The times of one operation, run several times after a warm-up.</summary>
internal sealed record Measurement
{
    /// <summary>What was measured.</summary>
    public required string Name { get; init; }

    /// <summary>Seconds of each run, shortest first.</summary>
    public required IReadOnlyList<double> Seconds { get; init; }

    /// <summary>Floating-point operations of one run; null when it is no arithmetic.</summary>
    public long? Flops { get; init; }

    /// <summary>Bytes read in one run; null when it is no reading.</summary>
    public long? Bytes { get; init; }

    /// <summary>The most resident memory of the process during the runs, weights included.</summary>
    public long PeakMemory { get; init; }

    public double Best => Seconds[0];

    public double Worst => Seconds[^1];

    public double Median => (Seconds[(Seconds.Count - 1) / 2] + Seconds[Seconds.Count / 2]) / 2;

    /// <summary>Times a computation of a model; its arithmetic is counted in the warm-up.</summary>
    public static Measurement OfModel(
        string name,
        nn.Module model,
        int runs,
        Action work,
        CancellationToken cancellationToken
    )
    {
        using var noGradient = no_grad();
        using var counter = new FlopCounter(model);
        Scoped(work);
        counter.Dispose();
        return Of(name, runs, () => Scoped(work), cancellationToken) with { Flops = counter.Total };
    }

    /// <summary>Times anything, without warm-up.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="runs">How often.</param>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Looked at before each run.</param>
    /// <param name="prepare">Done before each run, not timed.</param>
    public static Measurement Of(
        string name,
        int runs,
        Action work,
        CancellationToken cancellationToken,
        Action? prepare = null
    )
    {
        ProcessMemory.TryResetPeak();
        var seconds = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            prepare?.Invoke();
            long started = Stopwatch.GetTimestamp();
            work();
            seconds[run] = Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        Array.Sort(seconds);
        return new Measurement
        {
            Name = name,
            Seconds = seconds,
            PeakMemory = ProcessMemory.Peak,
        };
    }

    private static void Scoped(Action work)
    {
        using var scope = NewDisposeScope();
        work();
    }
}
