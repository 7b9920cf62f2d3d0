using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Training.Optimization;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Optimization;

public sealed class MixedPrecisionTests
{
    // The loss is a sum over 4 x 4 x 8 x 8 elements.
    private const double Elements = 1024;

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Backward_InHalfPrecision_GivesTheGradientOfFp32(ScalarType precision)
    {
        using var scope = NewDisposeScope();
        using UNet2DConditionModel master = TinyUNet.Build(1);
        using UNet2DConditionModel half = TinyUNet.Build(2, precision);
        using var parameters = new FlatParameters(("unet", master));
        using FlatReplica expected = parameters.Attach(("unet", master));
        using FlatReplica replica = parameters.Attach(("unet", half));
        var scaler = new LossScaler(precision);

        (TinyUNet.Loss(master, 0, 4) / Elements).backward();
        for (int part = 0; part < 2; part++)
        {
            scaler.ScaleLoss(TinyUNet.Loss(half, 2 * part, (2 * part) + 2) / Elements).backward();
            replica.Collect();
        }
        scaler.Unscale(replica.Gradients);

        double error = GradientClipping.Norm(replica.Gradients - expected.Gradients);
        double relative = error / GradientClipping.Norm(expected.Gradients);
        Assert.InRange(relative, 1e-6, precision == ScalarType.BFloat16 ? 0.03 : 0.005);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Steps_InHalfPrecision_LowerTheLossAndKeepMasterWeightsInFp32(ScalarType precision)
    {
        using var scope = NewDisposeScope();
        using UNet2DConditionModel unet = TinyUNet.Build(1, precision);
        using var parameters = new FlatParameters(("unet", unet));
        using FlatReplica replica = parameters.Attach(("unet", unet));
        using var optimizer = new FusedAdamW(parameters.Values, new AdamWOptions());
        var scaler = new LossScaler(precision);
        float before = TinyUNet.Loss(unet, 0, 4).item<float>();

        for (int step = 0; step < 8; step++)
        {
            using var stepScope = NewDisposeScope();
            replica.Clear();
            scaler.ScaleLoss(TinyUNet.Loss(unet, 0, 4) / Elements).backward();
            replica.Collect();
            scaler.Unscale(replica.Gradients);
            Assert.True(double.IsFinite(GradientClipping.Clip(replica.Gradients, 1)));
            optimizer.Step(replica.Gradients, 2e-4);
            parameters.Refresh();
        }

        float after = TinyUNet.Loss(unet, 0, 4).item<float>();
        Assert.True(after < 0.99 * before, $"{after} is not below {before}");
        float[] master = TinyUNet.Floats(parameters.Values);
        float[] rounded = TinyUNet.Floats(parameters.Values.to(precision));
        Assert.NotEqual(master, rounded);
        IReadOnlyDictionary<string, Tensor> named = parameters.Layout.Named(tensor(rounded), "unet");
        Assert.Equal(TinyUNet.Floats(named["conv_in.weight"]), TinyUNet.Floats(unet.state_dict()["conv_in.weight"]));
    }

    [Fact]
    public void Steps_WithAScaleThatOverflows_AreSkippedUntilItFits()
    {
        using var scope = NewDisposeScope();
        using UNet2DConditionModel unet = TinyUNet.Build(1, ScalarType.Float16);
        using var parameters = new FlatParameters(("unet", unet));
        using FlatReplica replica = parameters.Attach(("unet", unet));
        var scaler = new LossScaler(ScalarType.Float16);
        scaler.Restore(Math.Pow(2, 22), 0);
        int skipped = 0;
        bool finite = false;

        while (!finite && scaler.CanLower)
        {
            replica.Clear();
            scaler.ScaleLoss(TinyUNet.Loss(unet, 0, 4) / Elements).backward();
            replica.Collect();
            scaler.Unscale(replica.Gradients);
            finite = double.IsFinite(GradientClipping.Norm(replica.Gradients));
            scaler.Update(finite);
            skipped += finite ? 0 : 1;
        }

        Assert.True(finite);
        Assert.InRange(skipped, 1, 12);
        Assert.Equal(Math.Pow(2, 22 - skipped), scaler.Scale);
    }

    [Fact]
    public void Attach_ModulesOfTwoHalfPrecisions_IsRefused()
    {
        using var scope = NewDisposeScope();
        var half = nn.Linear(2, 2, dtype: ScalarType.Float16);
        var brain = nn.Linear(2, 2, dtype: ScalarType.BFloat16);
        using var parameters = new FlatParameters(("a", half), ("b", brain));

        Assert.Throws<ArgumentException>(() => parameters.Attach(("a", half), ("b", brain)));
    }
}
