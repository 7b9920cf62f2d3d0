using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Scoring.Giqa;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring.Giqa;

public sealed class GmmQualityTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Score_ThreeClusters_AgreesWithScikitLearn()
    {
        using var scope = NewDisposeScope();
        (GmmQuality gmm, bool settled) = GmmQuality.Fit(RulePoints.Apart(), Settings(3), variance: null, Cancel);
        using GmmQuality model = gmm;

        double[] scores = model.Score(RulePoints.Queries());

        Assert.True(settled);
        double[] expected = [-3.1958221601824572, -7.060145059814869, -34.54417510051901];
        Fixture.AssertClose(tensor(scores), tensor(expected), 1e-8, "log-likelihoods");
    }

    [Fact]
    public void Score_OnComponents_AgreesWithScikitLearn()
    {
        using var scope = NewDisposeScope();
        (GmmQuality gmm, _) = GmmQuality.Fit(RulePoints.Apart(), Settings(3), variance: 0.95, Cancel);
        using GmmQuality model = gmm;

        double[] scores = model.Score(RulePoints.Queries());

        double[] expected = [-2.4184516122321056, -3.853338110175799, -17.29295367470888];
        Fixture.AssertClose(tensor(scores), tensor(expected), 1e-8, "log-likelihoods");
    }

    [Fact]
    public void Fit_OverlappingClusters_FindsScikitLearnsOptimum()
    {
        using var scope = NewDisposeScope();
        var settings = new MixtureSettings
        {
            Components = 2,
            Tolerance = 1e-13,
            MaxRounds = 5000,
        };

        (GaussianMixture fitted, bool settled) = MixtureFit.Fit(RulePoints.Overlapping(), settings, seed: 4, Cancel);
        using GaussianMixture mixture = fitted;

        Assert.True(settled);
        Tensor order = mixture.Means.select(1, 0).argsort();
        double[] means = [-0.42833773024315885, -0.20775628505219398, 1.131882582198084, 0.7109048797936098];
        Fixture.AssertClose(mixture.Means[order], tensor(means, [2, 2]), 1e-5, "means");
        double[] weights = [0.2947549000169826, 0.7052450999830173];
        Fixture.AssertClose(mixture.Weights()[order], tensor(weights), 1e-5, "weights");
        double likelihood = mixture.LogDensity(RulePoints.Overlapping()).mean().item<double>();
        Assert.Equal(-2.096286181909721, likelihood, 1e-8);
    }

    [Fact]
    public void Score_OneComponent_IsTheNormalDensityInClosedForm()
    {
        using var scope = NewDisposeScope();
        Tensor points = RulePoints.Overlapping();
        (GmmQuality gmm, _) = GmmQuality.Fit(points, Settings(1), variance: null, Cancel);
        using GmmQuality model = gmm;

        double score = model.Score(
            tensor(
                new double[,]
                {
                    { 0.3, -0.7 },
                }
            )
        )[0];

        // Mean, covariance (with the regularisation) and the inverse of a 2×2 matrix by hand.
        double[][] rows = [.. points.data<double>().ToArray().Chunk(2)];
        (double x, double y) = (rows.Average(row => row[0]), rows.Average(row => row[1]));
        double xx = rows.Average(row => (row[0] - x) * (row[0] - x)) + 1e-6;
        double yy = rows.Average(row => (row[1] - y) * (row[1] - y)) + 1e-6;
        double xy = rows.Average(row => (row[0] - x) * (row[1] - y));
        double determinant = (xx * yy) - (xy * xy);
        (double dx, double dy) = (0.3 - x, -0.7 - y);
        double square = ((yy * dx * dx) - (2 * xy * dx * dy) + (xx * dy * dy)) / determinant;
        Assert.Equal(-0.5 * (square + Math.Log(determinant) + (2 * Math.Log(2 * Math.PI))), score, 1e-9);
    }

    [Fact]
    public void Score_FarAway_IsFinite()
    {
        using var scope = NewDisposeScope();
        (GmmQuality gmm, _) = GmmQuality.Fit(RulePoints.Apart(), Settings(3), variance: null, Cancel);
        using GmmQuality model = gmm;

        double score = model.Score(ones([1, 4], ScalarType.Float64) * 1e4)[0];

        // Every density is exp(−570,659,226) there: only their logarithms are numbers.
        Assert.InRange(score, -570659226.3673004 * (1 + 1e-9), -570659226.3673004 * (1 - 1e-9));
    }

    [Fact]
    public void Fit_SameSeed_GivesTheSameBits()
    {
        using var scope = NewDisposeScope();

        double[][] scores =
        [
            .. Enumerable
                .Range(0, 2)
                .Select(_ =>
                {
                    (GmmQuality gmm, bool _) = GmmQuality.Fit(RulePoints.Overlapping(), Settings(4), null, Cancel);
                    using GmmQuality model = gmm;
                    return model.Score(RulePoints.Overlapping());
                }),
        ];

        Assert.Equal(scores[0], scores[1]);
    }

    [Fact]
    public void Fit_PicturesOnALine_IsRegularised()
    {
        using var scope = NewDisposeScope();
        Tensor line = arange(12, ScalarType.Float64).view(12, 1).expand(12, 3); // covariances of rank 1

        (GmmQuality gmm, _) = GmmQuality.Fit(line, Settings(2), variance: null, Cancel);
        using GmmQuality model = gmm;

        Assert.All(model.Score(line), score => Assert.True(double.IsFinite(score)));
    }

    [Fact]
    public void Fit_FewerPicturesThanComponents_IsRefused()
    {
        using var scope = NewDisposeScope();

        Assert.Throws<ScoringException>(() => GmmQuality.Fit(ones(2, 3), Settings(3), variance: null, Cancel));
    }

    [Fact]
    public void Cluster_PointsThatAreAllTheSame_LeavesNoClusterEmpty()
    {
        using var scope = NewDisposeScope();

        long[] clusters = KMeans.Cluster(ones([5, 2], ScalarType.Float64), 3, seed: 1, Cancel).data<long>().ToArray();

        Assert.Equal(3, clusters.Distinct().Count());
    }

    private static QualitySettings Settings(int components) =>
        new()
        {
            Kind = QualityKind.Gmm,
            Gmm = new MixtureSettings { Components = components, Tolerance = 1e-12 },
        };
}
