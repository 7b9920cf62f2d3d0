using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Scoring.Giqa;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring.Giqa;

public sealed class KnnQualityTests
{
    // 1/d₁ and 1/d₁ + 1/d₂ + 1/d₃ of the released code's own expression, numpy in fp64
    [Theory]
    [InlineData(1, 1.0869541587953069, 1.2345618046330633, 0.17152646893552734)]
    [InlineData(3, 2.831995820365656, 2.4062624547556286, 0.453019472214659)]
    public void Score_ReleasedForm_AgreesWithNumpy(int neighbours, double first, double second, double third)
    {
        using var scope = NewDisposeScope();
        using KnnQuality knn = KnnQuality.Fit(RulePoints.Apart(), Settings(neighbours), variance: null);

        double[] scores = knn.Score(RulePoints.Queries());

        AssertClose([first, second, third], scores, 1e-5);
    }

    // The mean of 1/d² of scikit-learn's NearestNeighbors, on the features and on its PCA's.
    [Theory]
    [InlineData(null, 2.8713169485016565, 2.129002129648657, 0.08092572140852157)]
    [InlineData(0.95, 6.346709586144929, 4.33419978577744, 0.1960968915841189)]
    public void Score_PapersForm_AgreesWithScikitLearn(double? variance, double first, double second, double third)
    {
        using var scope = NewDisposeScope();
        QualitySettings settings = Settings(3) with
        {
            Knn = new() { Neighbours = 3, IsReleasedForm = false },
        };
        using KnnQuality knn = KnnQuality.Fit(RulePoints.Apart(), settings, variance);

        double[] scores = knn.Score(RulePoints.Queries());

        AssertClose([first, second, third], scores, 2e-5);
    }

    [Fact]
    public void Score_PictureOfTheGallery_LooksPastItsOwnCopy()
    {
        using var scope = NewDisposeScope();
        Tensor gallery = tensor(
            new float[,]
            {
                { 0, 0 },
                { 3, 1 },
                { 9, 9 },
            }
        );
        using KnnQuality knn = KnnQuality.Fit(gallery, Settings(1), variance: null);

        double[] scores = knn.Score(
            tensor(
                new float[,]
                {
                    { 0, 0 },
                    { 3, 1 },
                }
            )
        );

        AssertClose([0.25, 0.25], scores, 1e-5); // each is 4 away from the other
    }

    [Fact]
    public void Score_PictureOfTheGalleryAsReleased_IsFiniteThroughTheEpsilon()
    {
        using var scope = NewDisposeScope();
        Tensor gallery = tensor(
            new float[,]
            {
                { 0, 0 },
                { 3, 1 },
            }
        );
        QualitySettings settings = Settings(1) with { Knn = new() { SkipsCopies = false } };
        using KnnQuality knn = KnnQuality.Fit(gallery, settings, variance: null);

        AssertClose(
            [1 / 2e-6],
            knn.Score(
                tensor(
                    new float[,]
                    {
                        { 0, 0 },
                    }
                )
            ),
            1e-3
        );
    }

    [Fact]
    public void Score_GalleryOfSeveralParts_FindsTheNearestInEach()
    {
        using var scope = NewDisposeScope();
        const int Count = 40_000;
        Tensor gallery = arange(Count, ScalarType.Float32).add(10).view(Count, 1);
        using KnnQuality knn = KnnQuality.Fit(gallery, Settings(2), variance: null);

        double[] scores = knn.Score(tensor(new float[] { 9.5f, 20_000.25f, 50_000 }).view(3, 1));

        AssertClose([(1 / 0.5) + (1 / 1.5), (1 / 0.25) + (1 / 0.75), (1 / 9991.0) + (1 / 9992.0)], scores, 1e-4);
    }

    [Fact]
    public void Fit_FewerPicturesThanNeighbours_IsRefused()
    {
        using var scope = NewDisposeScope();

        var error = Assert.Throws<ScoringException>(() => KnnQuality.Fit(ones(2, 3), Settings(3), variance: null));

        Assert.Equal("knn: 3 neighbours of 2 pictures", error.Message);
    }

    [Fact]
    public void NearestDistances_AnyOrder_KeepsTheSmallestAscending()
    {
        var nearest = new NearestDistances(2, 3, least: 0);

        nearest.Add([5, 4, 0, 9, 9, 1]);
        nearest.Add([3, 7, 6, 2, 8, 1]);

        Assert.Equal([3, 4, 5], nearest.Of(0).ToArray()); // 0 is a copy
        Assert.Equal([1, 1, 2], nearest.Of(1).ToArray());
    }

    private static QualitySettings Settings(int neighbours) =>
        new()
        {
            Kind = QualityKind.Knn,
            Knn = new KnnSettings { Neighbours = neighbours },
        };

    private static void AssertClose(double[] expected, double[] actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach ((double wanted, double got) in expected.Zip(actual))
        {
            Assert.InRange(got, wanted * (1 - relative), wanted * (1 + relative));
        }
    }
}
