using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Stages;

public sealed class ChangeWeightingTests
{
    [Fact]
    public void ChangedPlaces_CountMore_AndTheMeanIsOne()
    {
        using var scope = NewDisposeScope();
        Tensor source = zeros(1, 4, 2, 2);
        Tensor target = zeros(1, 4, 2, 2);
        target[0, .., 0, 1] = 3; // a mean squared difference of 9, of which 9/9.1 counts

        float[] weights = ChangeWeighting.Of(target, source, lambda: 8).data<float>().ToArray();

        double changed = 1 + 8 * 9 / 9.1;
        double mean = (changed + 3) / 4;
        Assert.Equal(
            [1 / mean, changed / mean, 1 / mean, 1 / mean],
            weights.Select(w => (double)w),
            (a, b) => Math.Abs(a - b) < 1e-5
        );
    }

    [Fact]
    public void AChangeEverywhere_IsWeightedEvenly()
    {
        using var scope = NewDisposeScope();
        Tensor source = zeros(2, 4, 3, 3);

        Tensor weights = ChangeWeighting.Of(ones(2, 4, 3, 3), source, lambda: 8);

        Assert.All(weights.data<float>().ToArray(), weight => Assert.Equal(1, weight, 1e-6));
    }

    [Fact]
    public void WithoutLambda_NothingIsWeighted()
    {
        using var scope = NewDisposeScope();

        Tensor weights = ChangeWeighting.Of(randn(2, 4, 3, 3), randn(2, 4, 3, 3), lambda: 0);

        Assert.All(weights.data<float>().ToArray(), weight => Assert.Equal(1, weight, 1e-6));
    }
}
