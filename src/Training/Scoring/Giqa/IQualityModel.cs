using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>
/// A score for the quality of a single picture, fitted to pictures (Gu et al. 2020, "GIQA: Generated Image Quality Assessment"),
/// from its features; higher is better. Only the order of its scores means something. Any number of threads may ask.
/// </summary>
internal interface IQualityModel : IDisposable
{
    /// <summary>Which one it is.</summary>
    QualityKind Kind { get; }

    /// <summary>Features of a picture that it takes.</summary>
    int Features { get; }

    /// <summary>Scores pictures.</summary>
    /// <param name="features">fp32 [B, <see cref="Features"/>] on the CPU.</param>
    /// <returns>B finite numbers.</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    double[] Score(Tensor features);

    /// <summary>What <see cref="QualityFile"/> writes: settings, and tensors that are copied.</summary>
    QualityState State();
}

/// <summary>The models of GIQA.</summary>
internal enum QualityKind
{
    /// <summary>How near the nearest real pictures are (KNN-GIQA), which the paper's authors filtered their data by.</summary>
    Knn,

    /// <summary>How probable a picture is under a mixture of normal distributions of real ones (GMM-GIQA).</summary>
    Gmm,

    /// <summary>How many of several classifiers take it for one of late training (MBC-GIQA).</summary>
    Mbc,

    /// <summary>How far training seems to have come, as one number: the paper's plain regression.</summary>
    Progress,
}

/// <summary>What a model consists of.</summary>
/// <param name="Settings">How it was fitted and what it computes.</param>
/// <param name="Tensors">By name; owned by whoever asked.</param>
internal sealed record QualityState(QualitySettings Settings, IReadOnlyDictionary<string, Tensor> Tensors);
