using InstructDiffusion.Training.Optimization;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Optimization;

public sealed class LossScalerTests
{
    [Fact]
    public void Update_Fp16_HalvesOnOverflowAndDoublesAfterTheWindow()
    {
        var scaler = new LossScaler(ScalarType.Float16);

        scaler.Update(finite: false);
        Assert.Equal(4096, scaler.Scale);
        for (int step = 0; step < LossScaler.Window - 1; step++)
        {
            scaler.Update(finite: true);
        }
        Assert.Equal(4096, scaler.Scale);
        scaler.Update(finite: true);

        Assert.Equal(8192, scaler.Scale);
        Assert.Equal(0, scaler.FiniteSteps);
    }

    [Fact]
    public void Update_OverflowAtTheLeastScale_CannotLower()
    {
        var scaler = new LossScaler(ScalarType.Float16);
        scaler.Restore(2, 5);

        Assert.True(scaler.CanLower);
        scaler.Update(finite: false);
        scaler.Update(finite: false);

        Assert.Equal(1, scaler.Scale);
        Assert.False(scaler.CanLower);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Update_OtherPrecisions_NeverScale(ScalarType precision)
    {
        var scaler = new LossScaler(precision);

        for (int step = 0; step <= LossScaler.Window; step++)
        {
            scaler.Update(finite: step % 50 != 0);
        }

        Assert.Equal(1, scaler.Scale);
        Assert.Equal(0, scaler.FiniteSteps);
        Assert.False(scaler.CanLower);
    }

    [Fact]
    public void Unscale_AScaledLoss_GivesItsGradientsExactly()
    {
        using var scope = NewDisposeScope();
        var scaler = new LossScaler(ScalarType.Float16);
        Tensor loss = tensor(0.3f);
        Tensor gradients = tensor(new[] { 0.1f, float.PositiveInfinity });

        Tensor scaled = scaler.ScaleLoss(loss);
        gradients.mul_(scaler.Scale);
        scaler.Unscale(gradients);

        Assert.Equal(0.3f * 8192, scaled.item<float>());
        Assert.Equal([0.1f, float.PositiveInfinity], TinyUNet.Floats(gradients));
    }

    [Fact]
    public void Restore_GoesOnAndRefusesNonsense()
    {
        var scaler = new LossScaler(ScalarType.Float16);

        scaler.Restore(1024, LossScaler.Window - 1);
        scaler.Update(finite: true);

        Assert.Equal(2048, scaler.Scale);
        Assert.Throws<ArgumentOutOfRangeException>(() => scaler.Restore(0.5, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => scaler.Restore(double.NaN, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => scaler.Restore(2, LossScaler.Window));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LossScaler(ScalarType.Float32).Restore(2, 0));
    }
}
