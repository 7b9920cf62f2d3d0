using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.Measuring;

/// <summary>
/// What this machine's libtorch reaches at best: the product of two 2048×2048 fp32 matrices, which fit its caches as no layer of a
/// model does. The measure for everything else.
/// </summary>
internal static class MatmulCeiling
{
    private const int Side = 2048;
    private const int Runs = 20;

    public static Measurement Measure(CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(0, CPU);
        Tensor left = randn([Side, Side], generator: generator);
        Tensor right = randn([Side, Side], generator: generator);
        left.matmul(right).Dispose();
        return Measurement.Of(
            $"matmul {Side}x{Side} fp32",
            Runs,
            () => left.matmul(right).Dispose(),
            cancellationToken
        ) with
        {
            Flops = 2L * Side * Side * Side,
        };
    }
}
