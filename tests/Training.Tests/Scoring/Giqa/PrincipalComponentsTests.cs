using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Scoring.Giqa;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring.Giqa;

public sealed class PrincipalComponentsTests
{
    [Fact]
    public void Transform_RulePoints_AgreesWithScikitLearn()
    {
        using var scope = NewDisposeScope();
        using PrincipalComponents components = PrincipalComponents.Fit(RulePoints.Apart(), 0.95);

        Tensor transformed = components.Transform(RulePoints.Queries());

        Assert.Equal(2, components.Count);
        // Which way a component points is a convention.
        Tensor expected = tensor(
            [
                0.3129833347373032,
                2.57256357014473,
                6.102114801353221,
                1.4440261550858227,
                1.6788437920230548,
                0.017636599453329245,
            ],
            [3, 2]
        );
        Fixture.AssertClose(transformed.abs(), expected, 1e-10, "components");
        Fixture.AssertClose(
            components.Transform(RulePoints.Apart()).var(0),
            tensor(new[] { 37.26861579134706, 4.64702783837 }),
            1e-9,
            "explained variance"
        );
    }

    [Theory]
    [InlineData(0.5, 1)]
    [InlineData(0.95, 2)]
    [InlineData(0.999, 4)]
    public void Fit_MoreVariance_KeepsMoreComponents(double variance, int count)
    {
        using var scope = NewDisposeScope();
        using PrincipalComponents components = PrincipalComponents.Fit(RulePoints.Apart(), variance);

        Assert.Equal(count, components.Count);
        Tensor products = components.Components.t().matmul(components.Components);
        Fixture.AssertClose(products, eye(count, dtype: ScalarType.Float64), 1e-12, "right angles");
        Assert.True(
            (components.Components.abs().max(0).values - components.Components.max(0).values).abs().max().item<double>()
                == 0
        );
    }

    [Fact]
    public void Fit_FewerPicturesThanFeatures_KeepsNoMoreThanTheirAre()
    {
        using var scope = NewDisposeScope();
        using PrincipalComponents components = PrincipalComponents.Fit(RulePoints.Apart().narrow(0, 0, 2), 0.9999);

        Assert.Equal(1, components.Count);
    }

    [Fact]
    public void Fit_PicturesThatAreAllTheSame_IsRefused()
    {
        using var scope = NewDisposeScope();

        Assert.Throws<ScoringException>(() => PrincipalComponents.Fit(ones(5, 3), 0.95));
        Assert.Throws<ScoringException>(() => PrincipalComponents.Fit(ones(1, 3), 0.95));
    }
}
