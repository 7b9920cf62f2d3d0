using System.Diagnostics;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Planning;

/// <summary>What this machine's arithmetic reaches at best, from the product of two large fp32 matrices.</summary>
public static class MachineRate
{
    private const int Side = 1024;
    private const int Runs = 8;

    /// <summary>GFLOP/s of libtorch's threads on the CPU, the best of a few runs; takes under a second on most machines.</summary>
    public static double MeasureGigaFlopsPerSecond()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor left = ones(Side, Side);
        Tensor right = ones(Side, Side);
        left.matmul(right).Dispose(); // the first one wakes the threads
        double best = double.PositiveInfinity;
        for (int run = 0; run < Runs; run++)
        {
            long started = Stopwatch.GetTimestamp();
            left.matmul(right).Dispose();
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        return 2.0 * Side * Side * Side / best / 1e9;
    }
}
