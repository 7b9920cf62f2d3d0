using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Scoring.Giqa;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring.Giqa;

public sealed class ProgressQualityTests
{
    private const int Features = 6;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // The released code's own numbers: 8 classifiers, 190,000 to 730,000; an iteration at a threshold is not beyond it.
    [Fact]
    public void Multiple_ReleasedThresholds_GivesTheReleasedLabels()
    {
        double[] thresholds = [190_000, 280_000, 370_000, 460_000, 550_000, 640_000, 730_000];

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0], ProgressLabels.Multiple(190_000, thresholds));
        Assert.Equal([1, 1, 0, 0, 0, 0, 0, 0], ProgressLabels.Multiple(300_000, thresholds));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 0], ProgressLabels.Multiple(770_000, thresholds));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1], ProgressLabels.Multiple(null, thresholds));
    }

    [Fact]
    public void Single_AcrossTheTraining_GrowsFromNothingToOne()
    {
        Assert.Equal(0, ProgressLabels.Single(100, (100, 500)));
        Assert.Equal(0.25f, ProgressLabels.Single(200, (100, 500)));
        Assert.Equal(1, ProgressLabels.Single(500, (100, 500)));
        Assert.Equal(1, ProgressLabels.Single(null, (100, 500)));
    }

    [Fact]
    public void Thresholds_Default_CutTheIterationsEvenly() =>
        Assert.Equal([200, 300, 400], ProgressLabels.Thresholds([500, null, 100, 230], 4));

    [Theory]
    [InlineData("mbc")]
    [InlineData("progress")]
    public void Fit_FeaturesThatImproveWithTraining_RanksUnseenOnesByTheirIteration(string kind)
    {
        using var scope = NewDisposeScope();
        (Tensor features, double?[] iterations) = Pictures(seed: 1);
        (Tensor unseen, double?[] truth) = Pictures(seed: 2);
        var losses = new List<double>();

        using ProgressQuality model = ProgressQuality.Fit(features, iterations, Settings(kind), losses.Add, Cancel);

        double[] scores = model.Score(unseen);
        Assert.True(losses[^1] < 0.8 * losses[0], $"{losses[0]} → {losses[^1]}");
        Assert.All(scores, score => Assert.InRange(score, 0, 1));
        // Kendall: of all pairs of different iterations, how many are in the right order.
        var pairs =
            from i in Enumerable.Range(0, truth.Length)
            from j in Enumerable.Range(0, truth.Length)
            where (truth[i] ?? 1000) < (truth[j] ?? 1000)
            select scores[i] < scores[j];
        bool[] right = [.. pairs];
        double share = right.Count(isRight => isRight) / (double)right.Length;
        Assert.True(share > 0.85, $"{share:0.000} in the right order");
    }

    [Fact]
    public void Fit_SameSeed_GivesTheSameBits()
    {
        using var scope = NewDisposeScope();
        (Tensor features, double?[] iterations) = Pictures(seed: 1);

        double[][] scores =
        [
            .. Enumerable
                .Range(0, 2)
                .Select(_ =>
                {
                    using ProgressQuality model = ProgressQuality.Fit(
                        features,
                        iterations,
                        Settings("mbc"),
                        _ => { },
                        Cancel
                    );
                    return model.Score(features);
                }),
        ];

        Assert.Equal(scores[0], scores[1]);
    }

    [Fact]
    public void Fit_OneIterationOnly_SaysWhatIsNeeded()
    {
        using var scope = NewDisposeScope();

        var error = Assert.Throws<ScoringException>(() =>
            ProgressQuality.Fit(ones(3, Features), [5, 5, null], Settings("mbc"), _ => { }, Cancel)
        );

        Assert.Contains("at least two iterations", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_ThresholdsThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        QualitySettings settings = Settings("mbc");
        settings = settings with { Progress = settings.Progress! with { Thresholds = [3, 2, 1] } };

        Assert.Throws<ScoringException>(() =>
            ProgressQuality.Fit(ones(3, Features), [1, 5, null], settings, _ => { }, Cancel)
        );
    }

    private static QualitySettings Settings(string kind) =>
        new()
        {
            Kind = Enum.Parse<QualityKind>(kind, ignoreCase: true),
            Seed = 3,
            Progress = new ProgressSettings
            {
                Classifiers = 4,
                Hidden = 16,
                Epochs = 40,
                BatchSize = 64,
            },
        };

    /// <summary>Noise, in which one direction grows with the iteration and is largest for real pictures.</summary>
    private static (Tensor Features, double?[] Iterations) Pictures(long seed)
    {
        const int Count = 200;
        var random = new CounterRandom(seed, RandomPurpose.Quality, 99);
        float[] values = new float[Count * Features];
        random.FillNormal(values);
        var iterations = new double?[Count];
        for (int i = 0; i < Count; i++)
        {
            iterations[i] = i % 5 == 4 ? null : 100.0 * (i % 5);
            values[i * Features] = (0.3f * values[i * Features]) + (float)((iterations[i] ?? 500) / 100);
        }
        return (tensor(values, [Count, Features]), iterations);
    }
}
