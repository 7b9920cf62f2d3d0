using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.TestSupport;

/// <summary>The measuring stick itself: it must reject what is wrong.</summary>
public sealed class FixtureTests
{
    [Fact]
    public void AssertClose_WithinTolerance_ReturnsWorstError() =>
        Assert.Equal(0.25, Fixture.AssertClose([1, 2.25], [1, 2], 0.5, "self-test/near"));

    [Theory]
    [InlineData(2.0, 1.0)]
    [InlineData(double.NaN, 1.0)]
    [InlineData(1.0, double.NaN)]
    [InlineData(double.PositiveInfinity, 1.0)]
    [InlineData(double.PositiveInfinity, double.NegativeInfinity)]
    public void AssertClose_Different_Throws(double actual, double expected) =>
        Assert.Throws<FixtureMismatchException>(() =>
        {
            Fixture.AssertClose([actual, 0], [expected, 0], 0.5, "self-test/far");
        });

    [Fact]
    public void AssertClose_NanAfterALargeError_StillThrows() =>
        Assert.Throws<FixtureMismatchException>(() =>
        {
            Fixture.AssertClose([0.1, double.NaN, 0.2], [0, 0, 0], 0.5, "self-test/nan");
        });

    [Fact]
    public void AssertClose_OtherShape_Throws()
    {
        using Tensor actual = zeros(2, 3);
        using Tensor expected = zeros(3, 2);

        Assert.Throws<FixtureMismatchException>(() =>
        {
            Fixture.AssertClose(actual, expected, 1, "self-test/shape");
        });
    }

    [Fact]
    public void Tensor_OfEveryFile_MatchesItsShapeAndElements()
    {
        TensorFile file = Fixture.Default.Tensors("scheduler_ddim.safetensors");

        using Tensor betas = file.Tensor("betas");
        using Tensor timesteps = file.Tensor("add_noise.t");

        Assert.Equal(file.Shape("betas"), betas.shape);
        Assert.Equal(file.Floats("betas"), betas.data<float>().ToArray());
        Assert.Equal(file.Longs("add_noise.t"), timesteps.data<long>().ToArray());
    }

    [Fact]
    public void Tensor_UnknownName_SaysWhatThereIs()
    {
        TensorFile file = Fixture.Default.Tensors("scheduler_ddim.safetensors");

        var error = Assert.Throws<KeyNotFoundException>(() => file.Tensor("no such tensor"));

        Assert.Contains("betas", error.Message, StringComparison.Ordinal);
    }
}
