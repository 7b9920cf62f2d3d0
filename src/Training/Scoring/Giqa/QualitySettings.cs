namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>How a model of quality was fitted and what it computes; each kind has its own part, the others are null.</summary>
internal sealed record QualitySettings
{
    /// <summary>The layout this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>See <see cref="CurrentVersion"/>.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Which model.</summary>
    public required QualityKind Kind { get; init; }

    /// <summary>Of the fit.</summary>
    public long Seed { get; init; }

    /// <summary>Hash of the CLIP that the features come from (<see cref="Models.ModelDigest"/>); null in tests.</summary>
    public string? Clip { get; init; }

    /// <summary>Pictures it was fitted to.</summary>
    public long Pictures { get; init; }

    /// <summary>Of <see cref="QualityKind.Knn"/>.</summary>
    public KnnSettings? Knn { get; init; }

    /// <summary>Of <see cref="QualityKind.Gmm"/>.</summary>
    public MixtureSettings? Gmm { get; init; }

    /// <summary>Of <see cref="QualityKind.Mbc"/> and <see cref="QualityKind.Progress"/>.</summary>
    public ProgressSettings? Progress { get; init; }
}

/// <summary>Of KNN-GIQA.</summary>
internal sealed record KnnSettings
{
    /// <summary>Nearest pictures that count, K; the released code's default is 1.</summary>
    public int Neighbours { get; init; } = 1;

    /// <summary>
    /// Σ 1/‖f − f_k‖₁, which the released code computes; otherwise (1/K)·Σ 1/‖f − f_k‖₂², the form of the paper. Both grow with
    /// nearness.
    /// </summary>
    public bool IsReleasedForm { get; init; } = true;

    /// <summary>
    /// Whether pictures of the gallery that are the scored picture itself do not count: being there says nothing of its quality,
    /// and would outweigh all else.
    /// </summary>
    public bool SkipsCopies { get; init; } = true;
}

/// <summary>Of GMM-GIQA; names and defaults of scikit-learn's GaussianMixture, which the released code calls.</summary>
internal sealed record MixtureSettings
{
    /// <summary>Normal distributions; the released code's default is 5.</summary>
    public int Components { get; init; } = 5;

    /// <summary>Added to every covariance's diagonal.</summary>
    public double Regularization { get; init; } = 1e-6;

    /// <summary>The fit ends when a picture's mean log-likelihood gains less.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>Most rounds of the fit.</summary>
    public int MaxRounds { get; init; } = 100;
}

/// <summary>Of the models that learn from pictures of a training's progress. Defaults are the released code's, where it has any.</summary>
internal sealed record ProgressSettings
{
    /// <summary>Classifiers, N.</summary>
    public int Classifiers { get; init; } = 8;

    /// <summary>Iterations that the first N − 1 classifiers tell earlier from later, ascending; the last one tells real pictures.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [];

    /// <summary>Units between features and outputs.</summary>
    public int Hidden { get; init; } = 256;

    /// <summary>Times that each picture is seen.</summary>
    public int Epochs { get; init; } = 112;

    /// <summary>Pictures a step, at most.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>Rate of the first quarter; each further quarter has a tenth of the one before.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>What of the last step goes on.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Pull of weights towards 0.</summary>
    public double WeightDecay { get; init; } = 5e-4;
}
