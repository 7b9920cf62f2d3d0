using InstructDiffusion.Engine.Benchmarks.RandomModels;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Counting;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Models.Counting;

/// <summary>
/// Against the counts made op by op in an independent prototype of the real-size model, in GFLOP to the digits recorded. To
/// spare the arithmetic of the recorded sizes, small ones are counted: a pass costs a + b·n + c·n² for n positions (text and
/// time; convolutions and linears; self-attention), which gives any size exactly. Uninitialised weights cost no memory.
/// </summary>
public sealed class FlopCounterTests
{
    private const int Tokens = 77;

    [Fact]
    public void Total_RealSizeUNet_EqualsTheRecordedCounts()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var unet = new UNet2DConditionModel(UNetConfig.StableDiffusion15Edit, ModelPlacement.Cpu);
        double Count(int height, int width) => GigaFlops(unet, () => Call(unet, rows: 1, height, width));
        double[] at = [8 * 8, 8 * 16, 8 * 24];
        double[] small = [Count(8, 8), Count(8, 16), Count(8, 24)];

        Assert.Equal(180.13, Extrapolate(at, small, 32 * 32), tolerance: 0.005);
        Assert.Equal(803.37, Extrapolate(at, small, 64 * 64), tolerance: 0.005);
    }

    [Fact]
    public void Total_Rows_AreCountedEach()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var unet = new UNet2DConditionModel(ModelShape.Tiny.UNet, ModelPlacement.Cpu);

        double one = GigaFlops(unet, () => Call(unet, rows: 1, 8, 16));
        double three = GigaFlops(unet, () => Call(unet, rows: 3, 8, 16));

        Assert.Equal(3 * one, three, tolerance: 1e-9);
    }

    [Fact]
    public void Total_RealSizeAutoencoder_EqualsTheRecordedCounts()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var autoencoder = new AutoencoderKL(AutoencoderConfig.StableDiffusion15, ModelPlacement.Cpu);
        double Encode(int height, int width) =>
            GigaFlops(autoencoder, () => autoencoder.Encode(zeros(1, 3, 8 * height, 8 * width)).Dispose());
        double Decode(int height, int width) =>
            GigaFlops(autoencoder, () => autoencoder.Decode(zeros(1, 4, height, width)));
        double[] at = [0, 4 * 4, 4 * 8];
        double[] encode = [0, Encode(4, 4), Encode(4, 8)];
        double[] decode = [0, Decode(4, 4), Decode(4, 8)];

        Assert.Equal(272.7, Extrapolate(at, encode, 32 * 32), tolerance: 0.05);
        Assert.Equal(1116.7, Extrapolate(at, encode, 64 * 64), tolerance: 0.05);
        Assert.Equal(622.2, Extrapolate(at, decode, 32 * 32), tolerance: 0.05);
        Assert.Equal(2514.5, Extrapolate(at, decode, 64 * 64), tolerance: 0.05);
    }

    [Fact]
    public void Total_RealSizeTextEncoder_EqualsTheFormula()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipEncoderConfig config = ClipTextConfig.ClipVitLarge14.Encoder;
        using var encoder = new ClipTextModel(ClipTextConfig.ClipVitLarge14, ModelPlacement.Cpu);
        long width = config.HiddenSize;
        // Per token: four projections, two layers of the feed-forward, scores and their product with the values.
        long macs = (4 * width * width) + (2 * width * config.IntermediateSize) + (2 * Tokens * width);

        double counted = GigaFlops(encoder, () => encoder.call(zeros([2, Tokens], ScalarType.Int64)));

        Assert.Equal(2 * 2 * Tokens * config.Layers * macs / 1e9, counted, tolerance: 1e-9);
    }

    [Fact]
    public void Dispose_Counter_CountsNoMore()
    {
        using var scope = NewDisposeScope();
        using var linear = new Engine.Models.Layers.Linear(3, 5, ModelPlacement.Cpu);
        using var counter = new FlopCounter(linear);
        linear.call(zeros(2, 3));
        Assert.Equal(2 * 2 * 3 * 5, counter.Total);

        counter.Dispose();
        linear.call(zeros(2, 3));

        Assert.Equal(2 * 2 * 3 * 5, counter.Total);
    }

    private static Tensor Call(UNet2DConditionModel unet, int rows, int height, int width) =>
        unet.call(
            zeros(rows, unet.Config.InChannels, height, width),
            zeros(rows),
            zeros(rows, Tokens, unet.Config.CrossAttentionDim)
        );

    private static double GigaFlops(nn.Module model, Action pass)
    {
        using var counter = new FlopCounter(model);
        pass();
        return counter.Total / 1e9;
    }

    /// <summary>The parabola through three points (Lagrange's form), at <paramref name="n"/>.</summary>
    private static double Extrapolate(double[] at, double[] values, double n) =>
        values
            .Select(
                (value, i) =>
                    at.Where((_, j) => j != i).Aggregate(value, (term, other) => term * (n - other) / (at[i] - other))
            )
            .Sum();
}
