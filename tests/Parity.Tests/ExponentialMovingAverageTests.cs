using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Optimization;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class ExponentialMovingAverageTests
{
    [Fact]
    public void Update_AfterMany_ReachesTheDecayAndNoMore()
    {
        using nn.Module model = nn.Linear(2, 2);

        using var young = new ExponentialMovingAverage(model, 0.99, updates: 3);
        using var old = new ExponentialMovingAverage(model, 0.99, updates: 10_000);

        Assert.Equal(4.0 / 13, young.EffectiveDecay, 1e-15);
        Assert.Equal(0.99, old.EffectiveDecay);
    }

    [Fact]
    public void Update_FrozenParameter_IsLeftOut()
    {
        using var model = nn.Linear(2, 2);
        model.bias!.requires_grad = false;

        using var average = new ExponentialMovingAverage(model, 0.9);

        Assert.Equal(["weight"], average.Shadows.Keys);
    }

    [Fact]
    public void CopyTo_AnotherModel_OverwritesItsParameters()
    {
        using var scope = NewDisposeScope();
        var model = nn.Linear(2, 2);
        var target = nn.Linear(2, 2);
        using var average = new ExponentialMovingAverage(model, 0.5);

        average.CopyTo(target);

        Assert.Equal(model.weight!.data<float>().ToArray(), target.weight!.data<float>().ToArray());
        Assert.Equal(model.bias!.data<float>().ToArray(), target.bias!.data<float>().ToArray());
        Assert.True(target.weight!.requires_grad);
        Assert.Throws<ArgumentException>(() => average.CopyTo(nn.Linear(3, 2)));
    }

    [Fact]
    public void Update_AndDispose_LeaveNoTensors()
    {
        using var model = nn.Linear(2, 2);

        LeakAssert.Leaves(
            0,
            () =>
            {
                using var average = new ExponentialMovingAverage(model, 0.5);
                average.Update();
                average.Update();
                average.CopyTo(model);
            }
        );
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Constructor_BadDecay_IsRefused(double decay)
    {
        using nn.Module model = nn.Linear(2, 2);

        Assert.Throws<ArgumentOutOfRangeException>(() => new ExponentialMovingAverage(model, decay));
    }
}
