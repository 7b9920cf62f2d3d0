using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Optimization;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Optimization;

public sealed class FlatEmaTests
{
    [Fact]
    public void EffectiveDecay_GrowsToTheDecayAndNoMore()
    {
        using var scope = NewDisposeScope();
        Tensor values = zeros(4);
        using var young = new FlatEma(values, 0.99);
        using var old = new FlatEma(values, 0.99);

        young.Restore(3, values);
        old.Restore(10_000, values);

        Assert.Equal(4.0 / 13, young.EffectiveDecay, 1e-15);
        Assert.Equal(0.99, old.EffectiveDecay);
    }

    [Fact]
    public void Update_ThreeTimes_IsTheClosedForm()
    {
        using var scope = NewDisposeScope();
        using var average = new FlatEma(tensor(new[] { 1f, -2f }), 0.26);
        double[] expected = [1, -2];
        float[][] weights =
        [
            [2, 0],
            [4, 1],
            [-1, 3],
        ];
        double[] decays = [2.0 / 11, 3.0 / 12, 0.26];

        for (int update = 0; update < 3; update++)
        {
            average.Update(tensor(weights[update]));
            for (int i = 0; i < 2; i++)
            {
                expected[i] = (decays[update] * expected[i]) + ((1 - decays[update]) * weights[update][i]);
            }
        }

        Assert.Equal(3, average.Updates);
        Fixture.AssertClose(
            Array.ConvertAll(TinyUNet.Floats(average.Values), value => (double)value),
            expected,
            1e-6,
            "self-test/ema"
        );
    }

    [Fact]
    public void Restore_GoesOnBitEqually()
    {
        using var scope = NewDisposeScope();
        Tensor weights = randn(10);
        using var average = new FlatEma(randn(10), 0.9);
        average.Update(weights);
        using var other = new FlatEma(zeros(10), 0.9);
        other.Restore(average.Updates, average.Values);

        average.Update(weights);
        other.Update(weights);

        Assert.Equal(TinyUNet.Floats(average.Values), TinyUNet.Floats(other.Values));
        Assert.Throws<ArgumentException>(() => other.Restore(1, zeros(9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => other.Restore(-1, zeros(10)));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Constructor_BadDecay_IsRefused(double decay)
    {
        using Tensor values = zeros(4);

        Assert.Throws<ArgumentOutOfRangeException>(() => new FlatEma(values, decay));
    }

    [Fact]
    public void Update_AndDispose_LeaveNoTensors()
    {
        using Tensor values = zeros(8);

        LeakAssert.Leaves(
            0,
            () =>
            {
                using var average = new FlatEma(values, 0.5);
                average.Update(values);
                average.Update(values);
            }
        );
    }
}
