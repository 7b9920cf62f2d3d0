using System.Diagnostics;
using InstructDiffusion.Engine.Models.Counting;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.Measuring;

/// <summary>One computation by the plain and by the fast kernels, in turns: what disturbs the machine disturbs both.</summary>
internal sealed record KernelComparison
{
    /// <summary>What was computed.</summary>
    public required string Name { get; init; }

    /// <summary>Seconds of each run by the plain kernels, shortest first.</summary>
    public required IReadOnlyList<double> Plain { get; init; }

    /// <summary>Seconds of each run by the fast kernels, shortest first.</summary>
    public required IReadOnlyList<double> Fast { get; init; }

    /// <summary>Floating-point operations of one run, as the plain kernels do it.</summary>
    public required long Flops { get; init; }

    /// <summary>Largest difference of the two results, in standard deviations of the plain one.</summary>
    public required double WorstError { get; init; }

    /// <summary>Runs both by turns after one run of each, which is compared and not timed.</summary>
    /// <param name="name">What is computed.</param>
    /// <param name="runs">Timed runs of each.</param>
    /// <param name="plainModel">Counted in the first run.</param>
    /// <param name="plain">The computation; its result is disposed.</param>
    /// <param name="fast">The same by the other kernels.</param>
    /// <param name="cancellationToken">Looked at before each run.</param>
    public static KernelComparison Of(
        string name,
        int runs,
        nn.Module plainModel,
        Func<Tensor> plain,
        Func<Tensor> fast,
        CancellationToken cancellationToken
    )
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var counter = new FlopCounter(plainModel);
        Tensor expected = plain();
        counter.Dispose();
        Tensor error = fast().sub(expected).abs().max().div(expected.std());
        var seconds = (Plain: new double[runs], Fast: new double[runs]);
        for (int run = 0; run < runs; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            seconds.Plain[run] = Time(plain);
            seconds.Fast[run] = Time(fast);
        }
        Array.Sort(seconds.Plain);
        Array.Sort(seconds.Fast);
        return new KernelComparison
        {
            Name = name,
            Plain = seconds.Plain,
            Fast = seconds.Fast,
            Flops = counter.Total,
            WorstError = error.item<float>(),
        };
    }

    private static double Time(Func<Tensor> work)
    {
        using var scope = NewDisposeScope();
        long started = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
