using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>
/// The learning-based models. MBC-GIQA: N classifiers, each of which tells pictures of before an iteration from later ones, and the
/// last one generated from real pictures; the score is the mean of what they say. Progress: one output that says how far training
/// seems to have come.
/// </summary>
/// <remarks>
/// The released code trains a whole VGG-19 on augmented pictures; here a head is trained on CLIP's features, which stay as they are:
/// minutes instead of days, and no weights but CLIP's are needed.
/// </remarks>
internal sealed class ProgressQuality : IQualityModel
{
    private readonly QualitySettings _settings;
    private readonly ProgressHead _head;

    /// <summary>Takes ownership of the head.</summary>
    public ProgressQuality(QualitySettings settings, ProgressHead head)
    {
        _settings = settings;
        _head = head;
    }

    /// <inheritdoc/>
    public QualityKind Kind => _settings.Kind;

    /// <inheritdoc/>
    public int Features => _head.Features;

    /// <summary>Outputs of a head.</summary>
    public static int OutputsOf(QualityKind kind, ProgressSettings settings) =>
        kind == QualityKind.Mbc ? settings.Classifiers : 1;

    /// <summary>Fits one.</summary>
    /// <param name="features">fp32 [N, D].</param>
    /// <param name="iterations">N: when each picture was generated; null for real ones.</param>
    /// <param name="settings">With their part for these kinds; thresholds that are missing are spread evenly.</param>
    /// <param name="onEpoch">Told the mean loss of each epoch.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <exception cref="ScoringException">There are no two iterations, or thresholds do not fit.</exception>
    public static ProgressQuality Fit(
        Tensor features,
        IReadOnlyList<double?> iterations,
        QualitySettings settings,
        Action<double> onEpoch,
        CancellationToken cancellationToken
    )
    {
        TensorShape.Require(features, nameof(features), iterations.Count, TensorShape.Any);
        ProgressSettings own = settings.Progress ?? throw new ScoringException("progress: its settings are missing");
        (double First, double Last) range = ProgressLabels.RangeOf(iterations);
        if (settings.Kind == QualityKind.Mbc)
        {
            own = WithThresholds(own, iterations);
        }
        int outputs = OutputsOf(settings.Kind, own);
        float[] labels =
            settings.Kind == QualityKind.Mbc
                ? [.. iterations.SelectMany(iteration => ProgressLabels.Multiple(iteration, own.Thresholds))]
                : [.. iterations.Select(iteration => ProgressLabels.Single(iteration, range))];
        var head = new ProgressHead((int)features.size(1), own.Hidden, outputs);
        try
        {
            using var scope = NewDisposeScope();
            var training = new ProgressTraining(own, settings.Seed);
            Tensor values = features.to(ScalarType.Float32);
            training.Run(head, values, tensor(labels, [iterations.Count, outputs]), onEpoch, cancellationToken);
            settings = settings with { Progress = own, Pictures = iterations.Count };
            return new ProgressQuality(settings, head);
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public double[] Score(Tensor features)
    {
        TensorShape.Require(features, nameof(features), TensorShape.Any, Features);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor outputs = _head.call(features.to(ScalarType.Float32)).to(ScalarType.Float64).sigmoid(); // [B, N]
        return outputs.mean([1]).data<double>().ToArray();
    }

    /// <inheritdoc/>
    public QualityState State() =>
        new(
            _settings,
            _head
                .state_dict()
                .ToDictionary(entry => entry.Key, entry => entry.Value.detach().alias(), StringComparer.Ordinal)
        );

    /// <inheritdoc/>
    public void Dispose() => _head.Dispose();

    private static ProgressSettings WithThresholds(ProgressSettings settings, IReadOnlyList<double?> iterations)
    {
        if (settings.Thresholds.Count == 0)
        {
            return settings with { Thresholds = ProgressLabels.Thresholds(iterations, settings.Classifiers) };
        }
        bool isAscending = settings.Thresholds.Zip(settings.Thresholds.Skip(1)).All(pair => pair.First < pair.Second);
        return isAscending && settings.Thresholds.Count == settings.Classifiers - 1
            ? settings
            : throw new ScoringException(
                $"mbc: {settings.Classifiers} classifiers need {settings.Classifiers - 1} ascending thresholds, got "
                    + $"{settings.Thresholds.Count}: {string.Join(", ", settings.Thresholds)}"
            );
    }
}
