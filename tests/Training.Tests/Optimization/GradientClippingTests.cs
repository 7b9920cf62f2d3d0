using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Optimization;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Optimization;

public sealed class GradientClippingTests
{
    [Fact]
    public void Norm_OfManyElements_IsExact()
    {
        using Tensor gradients = full([3_000_001], 0.1f);

        double expected = Math.Sqrt(3_000_001.0) * 0.1f;

        Assert.Equal(1, GradientClipping.Norm(gradients) / expected, 1e-12);
    }

    [Fact]
    public void Clip_LongGradients_AreShortenedToTheLimit()
    {
        using Tensor gradients = tensor(new[] { 3f, 0f, -4f });

        double before = GradientClipping.Clip(gradients, 1);

        Assert.Equal(5, before, 1e-12);
        Assert.Equal([0.6f, 0f, -0.8f], TinyUNet.Floats(gradients));
    }

    [Fact]
    public void Clip_ShortOrBrokenGradients_AreLeft()
    {
        using Tensor gradients = tensor(new[] { 3f, -4f });
        using Tensor broken = tensor(new[] { 3f, float.NaN });

        Assert.Equal(5, GradientClipping.Clip(gradients, 6), 1e-12);
        Assert.True(double.IsNaN(GradientClipping.Clip(broken, 1)));

        Assert.Equal([3f, -4f], TinyUNet.Floats(gradients));
        Assert.Equal([3f, float.NaN], TinyUNet.Floats(broken));
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientClipping.Clip(gradients, 0));
        LeakAssert.Leaves(0, () => GradientClipping.Clip(gradients, 1));
    }
}
